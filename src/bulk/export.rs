//! Users out of a stage, through its API.

use std::fs::{self, File};
use std::io::{self, BufWriter, Seek as _, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::api::{Client, Error as ApiError};
use crate::wait::{self, Look, Pace};

use super::checkpoint::Checkpoint;
use super::file::open_at;
use super::format::{heading, row};
use super::{Error, Format, PATIENCE, Tally, Watcher};

/// What stands behind the name of a file that is not whole yet.
const PARTIAL: &str = ".partial";

/// What is to be exported, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Export<'a> {
    /// The file, which appears when it is whole; standard output where there is none.
    pub(crate) path: Option<&'a Path>,
    pub(crate) format: Format,
}

/// How far an export is.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct State {
    /// Where the next page begins.
    next: String,
    /// How long the file is up to there.
    length: u64,
    users: u64,
}

/// Exports all users, in the table's order; answers how many. One to a file that was interrupted goes on.
pub(crate) async fn export(
    client: &Client,
    export: Export<'_>,
    watcher: &dyn Watcher,
) -> Result<u64, Error> {
    match export.path {
        None => {
            let mut sheet = Sheet::new(io::stdout().lock(), export.format, true)?;
            pages(client, &mut sheet, State::default(), watcher, |_, _| Ok(())).await
        }
        Some(path) => to_file(client, path, export.format, watcher).await,
    }
}

async fn to_file(
    client: &Client,
    path: &Path,
    format: Format,
    watcher: &dyn Watcher,
) -> Result<u64, Error> {
    let subject = format!("export {format:?} {}", client.base());
    let checkpoint = Checkpoint::beside(path, ".umb-export", subject);
    let state: Option<State> = checkpoint.read()?;
    let mut partial = path.as_os_str().to_owned();
    partial.push(PARTIAL);
    let partial = PathBuf::from(partial);
    let failed = |source| Error::File {
        verb: "write",
        path: partial.clone(),
        source,
    };
    let is_new = state.is_none();
    let state = state.unwrap_or_default();
    let file = open_at(&partial, state.length).map_err(failed)?;
    let mut sheet = Sheet::new(file, format, is_new)?;
    let users = pages(client, &mut sheet, state, watcher, |sheet, mut state| {
        sheet.flush()?;
        state.length = sheet.file()?.stream_position().map_err(Error::Write)?;
        checkpoint.write(&state)
    })
    .await?;
    sheet.flush()?;
    sheet.file()?.sync_all().map_err(failed)?;
    fs::rename(&partial, path).map_err(|source| Error::File {
        verb: "write",
        path: path.to_owned(),
        source,
    })?;
    checkpoint.remove()?;
    Ok(users)
}

/// Writes page by page; `done` gets how far it is after each but the last.
async fn pages<W: Write>(
    client: &Client,
    sheet: &mut Sheet<W>,
    mut state: State,
    watcher: &dyn Watcher,
    mut done: impl FnMut(&mut Sheet<W>, State) -> Result<(), Error>,
) -> Result<u64, Error> {
    loop {
        let after = (!state.next.is_empty()).then_some(state.next.as_str());
        let page = persist(client, after).await?;
        for user in &page.users {
            sheet.write(user)?;
        }
        state.users += page.users.len() as u64;
        watcher.progress(&Tally {
            created: state.users,
            ..Tally::default()
        });
        let Some(next) = page.next else {
            sheet.flush()?;
            return Ok(state.users);
        };
        state.next = next;
        done(sheet, state.clone())?;
    }
}

async fn persist(client: &Client, after: Option<&str>) -> Result<crate::api::Page, Error> {
    let first = Instant::now();
    wait::until(Pace::REQUEST, async || match client.page(after).await {
        Err(error) if error.is_transient() && first.elapsed() < PATIENCE => Ok(Look::Wait),
        Err(error) if error.is_transient() => Err(Error::Stopped(error)),
        page => Ok(Look::Done(
            page.map_err(|error: ApiError| Error::Api(error))?,
        )),
    })
    .await
}

/// A file of users.
struct Sheet<W: Write> {
    lines: Lines<W>,
}

enum Lines<W: Write> {
    Json(BufWriter<W>),
    Csv(Box<csv::Writer<W>>),
}

impl<W: Write> Sheet<W> {
    /// One that begins, or goes on.
    fn new(output: W, format: Format, is_new: bool) -> Result<Self, Error> {
        let mut sheet = Self {
            lines: match format {
                Format::JsonLines => Lines::Json(BufWriter::new(output)),
                Format::Csv => Lines::Csv(Box::new(csv::Writer::from_writer(output))),
            },
        };
        if let (Lines::Csv(rows), true) = (&mut sheet.lines, is_new) {
            rows.write_record(heading()).map_err(unwritten)?;
        }
        Ok(sheet)
    }

    fn write(&mut self, user: &str) -> Result<(), Error> {
        match &mut self.lines {
            Lines::Json(output) => writeln!(output, "{user}").map_err(Error::Write),
            Lines::Csv(rows) => {
                let row = row(user).unwrap_or_default();
                rows.write_record(&row).map_err(unwritten)
            }
        }
    }

    fn flush(&mut self) -> Result<(), Error> {
        let flushed = match &mut self.lines {
            Lines::Json(output) => output.flush(),
            Lines::Csv(rows) => rows.flush(),
        };
        flushed.map_err(Error::Write)
    }
}

impl Sheet<File> {
    /// Another handle of the file.
    fn file(&self) -> Result<File, Error> {
        match &self.lines {
            Lines::Json(output) => output.get_ref().try_clone().map_err(Error::Write),
            Lines::Csv(rows) => rows.get_ref().try_clone().map_err(Error::Write),
        }
    }
}

fn unwritten(error: csv::Error) -> Error {
    Error::Write(io::Error::other(error))
}
