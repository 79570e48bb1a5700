//! What became of the records, in their own order, whatever the order in which they are done.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::source::End;

/// What became of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    Created,
    Updated,
    /// It is in the table, whether there was such a user or not.
    Written,
    /// There is such a user, and it stays as it is.
    Skipped,
    /// It was refused, for this reason.
    Rejected {
        reason: String,
        raw: String,
    },
}

/// How many records became what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tally {
    pub(crate) created: u64,
    pub(crate) updated: u64,
    /// Straight into the table.
    pub(crate) written: u64,
    pub(crate) skipped: u64,
    pub(crate) rejected: u64,
    /// How far it is, in bytes of the file.
    pub(crate) byte: u64,
}

impl Tally {
    /// How many records are done.
    pub(crate) fn done(&self) -> u64 {
        self.created + self.updated + self.written + self.skipped + self.rejected
    }
}

/// A record that was refused, as it is written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Reject {
    line: u64,
    reason: String,
    record: String,
}

/// The records up to one of them are done; of those behind it, some.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) tally: Tally,
    /// Where the last record ends up to which all are done.
    pub(super) done: End,
    early: BTreeMap<u64, (End, Outcome)>,
    /// Refused ones that are not written down yet, in order.
    rejects: Vec<Reject>,
}

impl Ledger {
    /// One that goes on from where another one was.
    pub(super) fn from(tally: Tally, done: End) -> Self {
        Self {
            tally,
            done,
            ..Self::default()
        }
    }

    /// A record is done.
    pub(super) fn note(&mut self, end: End, outcome: Outcome) {
        self.early.insert(end.records, (end, outcome));
        while let Some((end, outcome)) = self.early.remove(&(self.done.records + 1)) {
            self.done = end;
            self.tally.byte = end.byte;
            match outcome {
                Outcome::Created => self.tally.created += 1,
                Outcome::Updated => self.tally.updated += 1,
                Outcome::Written => self.tally.written += 1,
                Outcome::Skipped => self.tally.skipped += 1,
                Outcome::Rejected { reason, raw } => {
                    self.tally.rejected += 1;
                    self.rejects.push(Reject {
                        line: end.line,
                        reason,
                        record: raw,
                    });
                }
            }
        }
    }

    /// The refused ones since the last time.
    pub(super) fn take_rejects(&mut self) -> Vec<Reject> {
        std::mem::take(&mut self.rejects)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(records: u64) -> End {
        End {
            records,
            line: records,
            byte: records * 10,
        }
    }

    #[test]
    fn what_is_done_early_counts_when_all_before_it_is_done() {
        let mut ledger = Ledger::default();
        let rejected = Outcome::Rejected {
            reason: "r".to_owned(),
            raw: "x".to_owned(),
        };
        ledger.note(end(3), rejected);
        ledger.note(end(2), Outcome::Skipped);
        assert_eq!((ledger.done.records, ledger.tally.done()), (0, 0));
        assert!(ledger.take_rejects().is_empty());
        ledger.note(end(1), Outcome::Created);
        assert_eq!((ledger.done, ledger.tally.done()), (end(3), 3));
        assert_eq!(ledger.take_rejects()[0].line, 3);
        assert!(ledger.take_rejects().is_empty());
    }
}
