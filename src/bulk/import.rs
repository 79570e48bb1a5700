//! Users into a stage.
//!
//! Many requests are under way at once. What is done up to some record is written down, and beforehand how far
//! requests may have got: between the two, a run that was killed may have sent a record without knowing. There,
//! a user that exists and is the very one of the record was made by it.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::Receiver;
use tokio::task::JoinSet;

use super::api_road::ApiRoad;
use super::checkpoint::Checkpoint;
use super::file::open_at;
use super::ledger::{Ledger, Outcome, Reject};
use super::limiter::Crowd;
use super::source::{End, Record, Source};
use super::table::Table;
use super::table_road::TableRoad;
use super::{Error, Format, Road, Tally, Watcher};

/// How far requests may get ahead of what is written down, in records.
const HORIZON: u64 = 4096;
/// How often it is written down what is done.
const PERIOD: Duration = Duration::from_millis(500);

/// What becomes of a record whose user exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnConflict {
    /// The user stays as it is.
    Skip,
    /// The user gets the record's attributes; others stay.
    Update,
    /// The record is refused.
    Fail,
}

/// What is to be imported, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Import<'a> {
    /// The file; standard input where there is none.
    pub(crate) path: Option<&'a Path>,
    pub(crate) format: Format,
    pub(crate) on_conflict: OnConflict,
    /// Where refused records go.
    pub(crate) rejects: &'a Path,
    /// What the checkpoint is beside, if there is to be one.
    pub(crate) checkpoint: Option<&'a Path>,
}

/// How far an import is.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct State {
    done: End,
    /// No record behind this one was sent.
    horizon: u64,
    /// How long the rejects' file is.
    rejects: u64,
    tally: Tally,
}

/// Imports users by `road`; answers what became of them. One that was interrupted goes on.
///
/// # Errors
/// Of the file and the line; what is refused of single records goes to the rejects.
pub(crate) async fn import(
    road: Road,
    import: Import<'_>,
    watcher: &dyn Watcher,
) -> Result<Tally, Error> {
    let source = Source::open(import.path)?;
    let identity = source
        .identity()?
        .unwrap_or_else(|| "standard input".to_owned());
    let subject = format!("import {:?} {identity} {}", import.format, road.name());
    let checkpoint = import
        .checkpoint
        .map(|path| Checkpoint::beside(path, ".umb-import", subject));
    let state: Option<State> = match &checkpoint {
        Some(checkpoint) => checkpoint.read()?,
        None => None,
    };
    let state = state.unwrap_or_default();
    let crowd = Crowd::default();
    let lane = match road {
        Road::Table(table) => Lane::Table(TableRoad { table, crowd }),
        Road::Api(client) => Lane::Api(ApiRoad {
            client,
            on_conflict: import.on_conflict,
            uncertain_up_to: state.horizon,
            crowd,
        }),
    };
    let run = Run {
        lane: Arc::new(lane),
        ledger: Ledger::from(state.tally, state.done),
        rejects: Rejects::open(import.rejects, state.rejects)?,
        horizon: state.horizon,
        checkpoint,
        written: Instant::now(),
        watcher,
    };
    run.all(source.read(import.format, state.done)).await
}

/// A road, under way.
#[derive(Debug)]
enum Lane {
    Api(ApiRoad),
    Table(TableRoad),
}

impl Lane {
    /// How many records one request takes.
    fn batch(&self) -> usize {
        match self {
            Self::Api(_) => 1,
            Self::Table(_) => Table::BATCH,
        }
    }

    /// How many requests may be under way.
    fn limit(&self) -> usize {
        match self {
            Self::Api(road) => road.crowd.limit(),
            Self::Table(road) => road.crowd.limit().min(road.table.lanes()),
        }
    }

    async fn outcomes(&self, records: Vec<Record>) -> Result<Vec<(End, Outcome)>, Error> {
        match self {
            Self::Table(road) => road.outcomes(&records).await,
            Self::Api(road) => {
                let mut outcomes = Vec::new();
                for record in records {
                    outcomes.push((record.end, road.outcome(&record).await?));
                }
                Ok(outcomes)
            }
        }
    }
}

struct Run<'a> {
    lane: Arc<Lane>,
    ledger: Ledger,
    rejects: Rejects,
    horizon: u64,
    checkpoint: Option<Checkpoint>,
    written: Instant,
    watcher: &'a dyn Watcher,
}

impl Run<'_> {
    async fn all(mut self, mut records: Receiver<Result<Record, Error>>) -> Result<Tally, Error> {
        let mut under_way = JoinSet::new();
        let mut batch = Vec::new();
        let mut is_over = false;
        while !(is_over && under_way.is_empty()) {
            let has_room = !is_over && under_way.len() < self.lane.limit();
            tokio::select! {
                biased;
                Some(done) = under_way.join_next() => {
                    let done: Result<Result<Vec<_>, Error>, _> = done;
                    for (end, outcome) in done.map_err(|error| Error::Read(io::Error::other(error)))?? {
                        self.ledger.note(end, outcome);
                    }
                    self.keep_up()?;
                }
                record = records.recv(), if has_room => {
                    is_over = record.is_none();
                    if let Some(record) = record {
                        let record = record?;
                        self.reach(record.end.records)?;
                        batch.push(record);
                    }
                    if batch.len() == self.lane.batch() || (is_over && !batch.is_empty()) {
                        let (lane, batch) = (Arc::clone(&self.lane), std::mem::take(&mut batch));
                        under_way.spawn(async move { lane.outcomes(batch).await });
                    }
                }
            }
        }
        self.write_down()?;
        if let Some(checkpoint) = &self.checkpoint {
            checkpoint.remove()?;
        }
        self.rejects.close()?;
        Ok(self.ledger.tally)
    }

    /// Sees to it that record `number` may be sent: that it may have been is written down first.
    fn reach(&mut self, number: u64) -> Result<(), Error> {
        if number > self.horizon {
            self.horizon = number + HORIZON;
            self.write_down()?;
        }
        Ok(())
    }

    fn keep_up(&mut self) -> Result<(), Error> {
        if self.written.elapsed() > PERIOD {
            self.write_down()?;
        }
        Ok(())
    }

    fn write_down(&mut self) -> Result<(), Error> {
        self.rejects.write(&self.ledger.take_rejects())?;
        if let Some(checkpoint) = &self.checkpoint {
            checkpoint.write(&State {
                done: self.ledger.done,
                horizon: self.horizon,
                rejects: self.rejects.length,
                tally: self.ledger.tally,
            })?;
        }
        self.written = Instant::now();
        self.watcher.progress(&self.ledger.tally);
        Ok(())
    }
}

/// The file of refused records: made when there is the first one.
struct Rejects {
    path: PathBuf,
    file: Option<File>,
    length: u64,
}

impl Rejects {
    /// The file as it was when it had that length: what came after it is written anew.
    fn open(path: &Path, length: u64) -> Result<Self, Error> {
        let mut rejects = Self {
            path: path.to_owned(),
            file: None,
            length,
        };
        if length > 0 {
            rejects.begin()?;
        }
        Ok(rejects)
    }

    fn begin(&mut self) -> Result<&mut File, Error> {
        if self.file.is_none() {
            let file = open_at(&self.path, self.length);
            self.file = Some(file.map_err(|source| self.failed(source))?);
        }
        // Just made, if it was not there.
        self.file
            .as_mut()
            .ok_or_else(|| Error::Write(io::ErrorKind::NotFound.into()))
    }

    fn write(&mut self, rejects: &[Reject]) -> Result<(), Error> {
        if rejects.is_empty() {
            return Ok(());
        }
        let mut lines = Vec::new();
        for reject in rejects {
            serde_json::to_writer(&mut lines, reject)
                .map_err(|error| Error::Write(error.into()))?;
            lines.push(b'\n');
        }
        let written = self.begin()?.write_all(&lines);
        written.map_err(|source| self.failed(source))?;
        self.length += lines.len() as u64;
        Ok(())
    }

    fn close(self) -> Result<(), Error> {
        match &self.file {
            Some(file) => file.sync_all().map_err(|source| self.failed(source)),
            None => Ok(()),
        }
    }

    fn failed(&self, source: io::Error) -> Error {
        Error::File {
            verb: "write",
            path: self.path.clone(),
            source,
        }
    }
}
