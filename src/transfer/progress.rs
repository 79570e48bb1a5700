//! An import's progress, in the order of the records, whatever order they are done in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::record::{Outcome, Position};

/// How many records became what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counts {
    pub(crate) created: u64,
    pub(crate) updated: u64,
    /// Directly to the table.
    pub(crate) written: u64,
    pub(crate) skipped: u64,
    pub(crate) rejected: u64,
    /// How many bytes of the file are done.
    pub(crate) byte: u64,
}

impl Counts {
    /// How many records are done.
    pub(crate) fn done(&self) -> u64 {
        self.created + self.updated + self.written + self.skipped + self.rejected
    }
}

/// Where progress is reported to.
pub(crate) trait ProgressSink: Sync {
    /// Takes the current counts.
    fn progress(&self, counts: &Counts);
}

/// A rejected record, as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Reject {
    line: u64,
    reason: String,
    record: String,
}

/// All records up to a position are done, and some after it.
#[derive(Debug, Default)]
pub(super) struct Progress {
    pub(super) counts: Counts,
    /// Everything before this is done.
    pub(super) done: Position,
    early: BTreeMap<u64, (Position, Outcome)>,
    /// Rejected records that are not recorded yet, in order.
    rejects: Vec<Reject>,
}

impl Progress {
    /// Progress that continues from an earlier run's.
    pub(super) fn new(counts: Counts, done: Position) -> Self {
        Self {
            counts,
            done,
            ..Self::default()
        }
    }

    /// Takes a record that is done.
    pub(super) fn note(&mut self, end: Position, outcome: Outcome) {
        self.early.insert(end.records, (end, outcome));
        while let Some((end, outcome)) = self.early.remove(&(self.done.records + 1)) {
            self.done = end;
            self.counts.byte = end.byte;
            match outcome {
                Outcome::Created => self.counts.created += 1,
                Outcome::Updated => self.counts.updated += 1,
                Outcome::Written => self.counts.written += 1,
                Outcome::Skipped => self.counts.skipped += 1,
                Outcome::Rejected { reason, raw } => {
                    self.counts.rejected += 1;
                    self.rejects.push(Reject {
                        line: end.line,
                        reason,
                        record: raw,
                    });
                }
            }
        }
    }

    /// Returns the records rejected since the last time.
    pub(super) fn take_rejects(&mut self) -> Vec<Reject> {
        std::mem::take(&mut self.rejects)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(records: u64) -> Position {
        Position {
            records,
            line: records,
            byte: records * 10,
        }
    }

    #[test]
    fn a_record_counts_once_all_before_it_are_done() {
        let mut progress = Progress::default();
        let rejected = Outcome::Rejected {
            reason: "r".to_owned(),
            raw: "x".to_owned(),
        };
        progress.note(end(3), rejected);
        progress.note(end(2), Outcome::Skipped);
        assert_eq!((progress.done.records, progress.counts.done()), (0, 0));
        assert!(progress.take_rejects().is_empty());
        progress.note(end(1), Outcome::Created);
        assert_eq!((progress.done, progress.counts.done()), (end(3), 3));
        assert_eq!(progress.take_rejects()[0].line, 3);
        assert!(progress.take_rejects().is_empty());
    }
}
