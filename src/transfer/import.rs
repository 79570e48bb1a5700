//! Imports users into a stage.
//!
//! Many requests run at the same time. The checkpoint says up to which record everything is done, and beforehand, how far
//! requests may have got. A run that was killed may have sent a record in between without knowing. There, a user that
//! exists and equals the record was created by that run.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::Receiver;
use tokio::task::JoinSet;

use super::api_sender::ApiSender;
use super::checkpoint::Checkpoint;
use super::conflict::OnConflict;
use super::error::Error;
use super::format::Format;
use super::limiter::SharedLimiter;
use super::progress::{Counts, Progress, ProgressSink};
use super::record::{Position, Record};
use super::rejects::Rejects;
use super::sender::Sender;
use super::source::Source;
use super::table_sender::TableSender;
use super::transport::Transport;

/// How far requests may get ahead of the checkpoint, in records.
const AHEAD: u64 = 4096;
/// How often progress is recorded.
const PERIOD: Duration = Duration::from_millis(500);

/// What is to be imported, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Import<'a> {
    /// The file; standard input if there is none.
    pub(crate) path: Option<&'a Path>,
    pub(crate) format: Format,
    pub(crate) on_conflict: OnConflict,
    /// The file for rejected records.
    pub(crate) rejects: &'a Path,
    /// The file that the checkpoint is kept beside, if there is one.
    pub(crate) checkpoint: Option<&'a Path>,
}

/// How far an import is.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct State {
    /// Everything before this is done.
    done: Position,
    /// No record after this one was sent.
    #[serde(rename = "horizon")]
    high_water_mark: u64,
    /// The length of the file of rejected records.
    rejects: u64,
    #[serde(rename = "tally")]
    counts: Counts,
}

/// Imports users; returns what became of them. An interrupted import continues where it stopped.
///
/// # Errors
/// Those of the file and the network. A record that is refused is rejected instead.
pub(crate) async fn import(
    transport: Transport,
    import: Import<'_>,
    sink: &dyn ProgressSink,
) -> Result<Counts, Error> {
    let source = Source::open(import.path)?;
    let identity = source
        .identity()?
        .unwrap_or_else(|| "standard input".to_owned());
    let format = import.format.recorded_name();
    let subject = format!("import {format} {identity} {}", transport.name());
    let checkpoint = import
        .checkpoint
        .map(|path| Checkpoint::beside(path, ".umb-import", subject));
    let state: Option<State> = match &checkpoint {
        Some(checkpoint) => checkpoint.read()?,
        None => None,
    };
    let state = state.unwrap_or_default();
    let limiter = SharedLimiter::default();
    let sender = match transport {
        Transport::Table(table) => Sender::Table(TableSender { table, limiter }),
        Transport::Api(client) => Sender::Api(ApiSender {
            client,
            on_conflict: import.on_conflict,
            uncertain_up_to: state.high_water_mark,
            limiter,
        }),
    };
    let run = Run {
        sender: Arc::new(sender),
        progress: Progress::new(state.counts, state.done),
        rejects: Rejects::open(import.rejects, state.rejects)?,
        high_water_mark: state.high_water_mark,
        checkpoint,
        recorded: Instant::now(),
        sink,
    };
    run.send_all(source.read(import.format, state.done)).await
}

struct Run<'a> {
    sender: Arc<Sender>,
    progress: Progress,
    rejects: Rejects,
    high_water_mark: u64,
    checkpoint: Option<Checkpoint>,
    /// When progress was recorded last.
    recorded: Instant,
    sink: &'a dyn ProgressSink,
}

impl Run<'_> {
    async fn send_all(
        mut self,
        mut records: Receiver<Result<Record, Error>>,
    ) -> Result<Counts, Error> {
        let mut requests = JoinSet::new();
        let mut batch = Vec::new();
        let mut is_over = false;
        while !(is_over && requests.is_empty()) {
            let may_send = !is_over && requests.len() < self.sender.limit();
            tokio::select! {
                biased;
                Some(sent) = requests.join_next() => {
                    let sent: Result<Result<Vec<_>, Error>, _> = sent;
                    for (end, outcome) in sent.map_err(|error| Error::Read(io::Error::other(error)))?? {
                        self.progress.note(end, outcome);
                    }
                    if self.recorded.elapsed() > PERIOD {
                        self.record()?;
                    }
                }
                record = records.recv(), if may_send => {
                    is_over = record.is_none();
                    if let Some(record) = record {
                        let record = record?;
                        self.announce(record.end.records)?;
                        batch.push(record);
                    }
                    if batch.len() == self.sender.batch() || (is_over && !batch.is_empty()) {
                        let (sender, batch) = (Arc::clone(&self.sender), std::mem::take(&mut batch));
                        requests.spawn(async move { sender.send(batch).await });
                    }
                }
            }
        }
        self.record()?;
        if let Some(checkpoint) = &self.checkpoint {
            checkpoint.remove()?;
        }
        self.rejects.close()?;
        Ok(self.progress.counts)
    }

    /// Records that the record `number` may have been sent, before it is.
    fn announce(&mut self, number: u64) -> Result<(), Error> {
        if number > self.high_water_mark {
            self.high_water_mark = number + AHEAD;
            self.record()?;
        }
        Ok(())
    }

    fn record(&mut self) -> Result<(), Error> {
        self.rejects.write(&self.progress.take_rejects())?;
        if let Some(checkpoint) = &self.checkpoint {
            checkpoint.write(&State {
                done: self.progress.done,
                high_water_mark: self.high_water_mark,
                rejects: self.rejects.length,
                counts: self.progress.counts,
            })?;
        }
        self.recorded = Instant::now();
        self.sink.progress(&self.progress.counts);
        Ok(())
    }
}
