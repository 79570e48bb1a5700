//! Users into a stage, through its API.
//!
//! Each record is one request, many are under way at once. What is done up to some record is written down,
//! and beforehand how far requests may have got: between the two, a run that was killed may have sent a
//! record without knowing. There, a user that exists and is the very one of the record was made by it.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use http::Method;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::Receiver;
use tokio::task::JoinSet;
use umb_handler::user::User;

use crate::api::{Call, Client, Error as ApiError};
use crate::wait::{Pace, Pauses};

use super::checkpoint::Checkpoint;
use super::equal::are_equal;
use super::file::open_at;
use super::ledger::{Ledger, Outcome, Reject};
use super::limiter::Limiter;
use super::source::{End, Record, Source};
use super::{Error, Format, PATIENCE, Tally, Watcher};

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

/// Imports users; answers what became of them. One that was interrupted goes on.
///
/// # Errors
/// Of the file and the line; what is refused of single records goes to the rejects.
pub(crate) async fn import(
    client: Arc<Client>,
    import: Import<'_>,
    watcher: &dyn Watcher,
) -> Result<Tally, Error> {
    let source = Source::open(import.path)?;
    let identity = source
        .identity()?
        .unwrap_or_else(|| "standard input".to_owned());
    let subject = format!("import {:?} {identity} {}", import.format, client.base());
    let checkpoint = import
        .checkpoint
        .map(|path| Checkpoint::beside(path, ".umb-import", subject));
    let state: Option<State> = match &checkpoint {
        Some(checkpoint) => checkpoint.read()?,
        None => None,
    };
    let state = state.unwrap_or_default();
    let run = Run {
        sender: Arc::new(Sender {
            client,
            on_conflict: import.on_conflict,
            uncertain_up_to: state.horizon,
            limiter: Mutex::default(),
        }),
        ledger: Ledger::from(state.tally, state.done),
        rejects: Rejects::open(import.rejects, state.rejects)?,
        horizon: state.horizon,
        checkpoint,
        written: Instant::now(),
        watcher,
    };
    run.all(source.read(import.format, state.done)).await
}

struct Run<'a> {
    sender: Arc<Sender>,
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
        let mut is_over = false;
        while !(is_over && under_way.is_empty()) {
            let has_room = !is_over && under_way.len() < self.sender.limit();
            tokio::select! {
                biased;
                Some(done) = under_way.join_next() => {
                    let (end, outcome) = done.map_err(|error| Error::Read(io::Error::other(error)))??;
                    self.ledger.note(end, outcome);
                    self.keep_up()?;
                }
                record = records.recv(), if has_room => match record {
                    None => is_over = true,
                    Some(record) => {
                        let record = record?;
                        self.reach(record.end.records)?;
                        let sender = Arc::clone(&self.sender);
                        under_way.spawn(async move {
                            let end = record.end;
                            sender.outcome(record).await.map(|outcome| (end, outcome))
                        });
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

/// Sends records, one request or few each.
struct Sender {
    client: Arc<Client>,
    on_conflict: OnConflict,
    /// Records up to this one may have been sent before.
    uncertain_up_to: u64,
    limiter: Mutex<Limiter>,
}

impl Sender {
    fn limit(&self) -> usize {
        self.limiter.lock().map_or(1, |limiter| limiter.limit())
    }

    async fn outcome(&self, record: Record) -> Result<Outcome, Error> {
        let rejected = |reason: String| Outcome::Rejected {
            reason,
            raw: record.raw.clone(),
        };
        // The very check of the API, without the way there.
        let user = match &record.user {
            Ok(text) => match User::from_json(text.as_bytes()) {
                Ok(user) => user,
                Err(violations) => {
                    let reasons = violations.iter().map(|violation| {
                        format!("{} {}", violation.pointer, violation.detail)
                            .trim()
                            .to_owned()
                    });
                    return Ok(rejected(reasons.collect::<Vec<_>>().join("; ")));
                }
            },
            Err(reason) => return Ok(rejected(reason.clone())),
        };
        let text = record.user.as_deref().unwrap_or_default();
        let username = user.username().as_str();
        let (created, was_uncertain) = self
            .persist(&Call::new(Method::POST, "users").body(text))
            .await?;
        let is_uncertain = was_uncertain || record.end.records <= self.uncertain_up_to;
        Ok(match created {
            Ok(_) => Outcome::Created,
            Err(error) if error.status() != Some(409) => rejected(error.to_string()),
            Err(_) if is_uncertain && self.is_there(username, text).await? => Outcome::Created,
            Err(error) => match self.on_conflict {
                OnConflict::Skip => Outcome::Skipped,
                OnConflict::Fail => rejected(error.to_string()),
                OnConflict::Update => {
                    let call = Call::of_user(Method::PUT, username).body(text);
                    match self.persist(&call).await?.0 {
                        Ok(_) => Outcome::Updated,
                        Err(error) => rejected(error.to_string()),
                    }
                }
            },
        })
    }

    /// Whether the user is the very one that `text` describes.
    async fn is_there(&self, username: &str, text: &str) -> Result<bool, Error> {
        let (found, _) = self.persist(&Call::of_user(Method::GET, username)).await?;
        Ok(found.is_ok_and(|body| are_equal(&body, text)))
    }

    /// Sends a request until it is answered with more than "not now"; answers the body or the refusal, and
    /// whether an earlier try may have been done without an answer.
    async fn persist(&self, call: &Call) -> Result<(Result<String, ApiError>, bool), Error> {
        let mut is_uncertain = false;
        let first = Instant::now();
        let mut pauses = Pauses::of(Pace::REQUEST);
        loop {
            let begun = Instant::now();
            let answered = self.client.ask(call).await;
            match answered {
                Err(error) if error.is_transient() && first.elapsed() > PATIENCE => {
                    return Err(Error::Stopped(error));
                }
                Err(error) if error.is_transient() => {
                    is_uncertain |= !error.was_not_done();
                    self.tell(|limiter| limiter.was_refused(begun, Instant::now()));
                    pauses.wait().await;
                }
                Err(error) if error.status().is_none() => return Err(Error::Api(error)),
                answered => {
                    self.tell(Limiter::went_well);
                    return Ok((answered.map(|answer| answer.body), is_uncertain));
                }
            }
        }
    }

    fn tell(&self, what: impl FnOnce(&mut Limiter)) {
        if let Ok(mut limiter) = self.limiter.lock() {
            what(&mut limiter);
        }
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
