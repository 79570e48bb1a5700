//! Users out of a stage.
//!
//! They come in parts that are read at the same time: the API has one, a table as many as one likes. What is
//! written down is how far each part is.

use std::fs::{self, File};
use std::io::{self, BufWriter, Seek as _, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;
use umb_handler::json;
use umb_handler::user::{USERNAME, User, Username};

use crate::api::Client;
use crate::aws::dynamodb::{Item, Items};
use crate::wait::{Pace, Pauses};

use super::checkpoint::Checkpoint;
use super::file::open_at;
use super::format::{heading, row};
use super::{Error, Format, PATIENCE, Road, Tally, Watcher};

/// What stands behind the name of a file that is not whole yet.
const PARTIAL: &str = ".partial";
/// How many parts of a table are read at the same time.
const SEGMENTS: usize = 4;

/// What is to be exported, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Export<'a> {
    /// The file, which appears when it is whole; standard output where there is none.
    pub(crate) path: Option<&'a Path>,
    pub(crate) format: Format,
    /// Whether every write that was answered before must be seen. The API always sees to that.
    pub(crate) is_consistent: bool,
}

/// How far a part is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Part {
    Untouched,
    /// The next page is behind this.
    Behind(String),
    Done,
}

/// How far an export is.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct State {
    parts: Vec<Part>,
    /// How long the file is up to there.
    length: u64,
    users: u64,
}

/// Users, each a JSON object, and where to go on.
type Page = (Vec<String>, Option<String>);

/// Exports all users by `road`, in no particular order; answers how many. One to a file that was interrupted
/// goes on.
pub(crate) async fn export(
    road: Road,
    export: Export<'_>,
    watcher: &dyn Watcher,
) -> Result<u64, Error> {
    let parts = match &road {
        Road::Api(_) => 1,
        Road::Table(_) => SEGMENTS,
    };
    let state = State {
        parts: vec![Part::Untouched; parts],
        length: 0,
        users: 0,
    };
    if let Some(path) = export.path {
        return to_file(&road, export, path, state, watcher).await;
    }
    let reading = Reading {
        road: &road,
        export,
        watcher,
    };
    let mut sheet = Sheet::new(io::stdout().lock(), export.format, true)?;
    reading.all(&mut sheet, state, |_, _| Ok(())).await
}

async fn to_file(
    road: &Road,
    export: Export<'_>,
    path: &Path,
    new: State,
    watcher: &dyn Watcher,
) -> Result<u64, Error> {
    let subject = format!("export {:?} {}", export.format, road.name());
    let checkpoint = Checkpoint::beside(path, ".umb-export", subject);
    let state: Option<State> = checkpoint.read()?;
    let is_new = state.is_none();
    let state = state.unwrap_or(new);
    let mut partial = path.as_os_str().to_owned();
    partial.push(PARTIAL);
    let partial = PathBuf::from(partial);
    let failed = |source| Error::File {
        verb: "write",
        path: partial.clone(),
        source,
    };
    let file = open_at(&partial, state.length).map_err(failed)?;
    let mut sheet = Sheet::new(file, export.format, is_new)?;
    let reading = Reading {
        road,
        export,
        watcher,
    };
    let users = reading.all(&mut sheet, state, |sheet, state| {
        sheet.flush()?;
        state.length = sheet.file()?.stream_position().map_err(Error::Write)?;
        checkpoint.write(state)
    });
    let users = users.await?;
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

struct Reading<'a> {
    road: &'a Road,
    export: Export<'a>,
    watcher: &'a dyn Watcher,
}

impl Reading<'_> {
    /// Writes page by page, while the next ones are read; `note` gets how far it is after each.
    async fn all<W: Write>(
        &self,
        sheet: &mut Sheet<W>,
        mut state: State,
        mut note: impl FnMut(&mut Sheet<W>, &mut State) -> Result<(), Error>,
    ) -> Result<u64, Error> {
        let mut under_way = JoinSet::new();
        for part in 0..state.parts.len() {
            self.begin(&mut under_way, &state, part);
        }
        while let Some(read) = under_way.join_next().await {
            let read: Result<Result<(usize, Page), Error>, _> = read;
            let (part, (users, next)) =
                read.map_err(|error| Error::Read(io::Error::other(error)))??;
            state.parts[part] = next.map_or(Part::Done, Part::Behind);
            self.begin(&mut under_way, &state, part);
            for user in &users {
                sheet.write(user)?;
            }
            state.users += users.len() as u64;
            self.watcher.progress(&Tally {
                written: state.users,
                ..Tally::default()
            });
            note(sheet, &mut state)?;
        }
        sheet.flush()?;
        Ok(state.users)
    }

    /// Begins to read the next page of a part, if there is one.
    fn begin(
        &self,
        under_way: &mut JoinSet<Result<(usize, Page), Error>>,
        state: &State,
        part: usize,
    ) {
        let after = match &state.parts[part] {
            Part::Done => return,
            Part::Untouched => None,
            Part::Behind(after) => Some(after.clone()),
        };
        let (road, parts) = (self.road.clone(), state.parts.len());
        let is_consistent = self.export.is_consistent;
        under_way.spawn(async move {
            let page = match road {
                Road::Api(client) => api_page(&client, after).await,
                Road::Table(items) => table_page(&items, part, parts, after, is_consistent).await,
            };
            Ok((part, page?))
        });
    }
}

async fn api_page(client: &Client, after: Option<String>) -> Result<Page, Error> {
    let first = Instant::now();
    let mut pauses = Pauses::of(Pace::REQUEST);
    loop {
        match client.page(after.as_deref()).await {
            Ok(page) => return Ok((page.users, page.next)),
            Err(error) if !error.is_transient() => return Err(Error::Api(error)),
            Err(error) if first.elapsed() > PATIENCE => return Err(Error::Stopped(error)),
            Err(_) => pauses.wait().await,
        }
    }
}

async fn table_page(
    items: &Items,
    part: usize,
    parts: usize,
    after: Option<String>,
    is_consistent: bool,
) -> Result<Page, Error> {
    let first = Instant::now();
    let mut pauses = Pauses::of(Pace::REQUEST);
    let (page, next) = loop {
        match items.page(part, parts, after.clone(), is_consistent).await {
            Ok(page) => break page,
            Err(error) if error.cause().is_transient() && first.elapsed() < PATIENCE => {
                pauses.wait().await;
            }
            Err(error) => return Err(error.into()),
        }
    };
    let users: Result<Vec<_>, Error> = page.into_iter().map(user).collect();
    Ok((users?, next))
}

/// An item as the API shows it.
fn user(item: Item) -> Result<String, Error> {
    let name = item.get(USERNAME).and_then(|value| value.as_s().ok());
    let name = name.and_then(|name| Username::parse(name.as_str()).ok());
    let name =
        name.ok_or_else(|| Error::Read(io::Error::other("an item has no valid username")))?;
    let user = User::from_stored(name, item);
    let bytes = json::document(|writer| user.write(writer)).map_err(Error::Read)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
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
