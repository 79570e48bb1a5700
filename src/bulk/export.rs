//! Users out of a stage.
//!
//! They come in parts that are read at the same time: the API has one, a table as many as one likes. What is
//! written down is how far each part is.

use std::fs::{self, File};
use std::io::{self, Seek as _, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use super::checkpoint::Checkpoint;
use super::file::{beside, folder, open_at};
use super::road::{Page, Place};
use super::sheet::Sheet;
use super::sort;
use super::{Error, Format, Road, Tally, Watcher};

/// What stands behind the name of a file that is not whole yet.
const PARTIAL: &str = ".partial";
/// How often it is written down how far it is.
const PERIOD: Duration = Duration::from_millis(50);
/// What stands behind the name of a file that is being written in order.
const SORTED: &str = ".sorted";

/// What is to be exported, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Export<'a> {
    /// The file, which appears when it is whole; standard output where there is none.
    pub(crate) path: Option<&'a Path>,
    pub(crate) format: Format,
    /// Whether every write that was answered before must be seen. The API always sees to that.
    pub(crate) is_consistent: bool,
    /// Whether they come in the order of their names, code point by code point, rather than as they are read.
    pub(crate) is_sorted: bool,
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

/// Exports all users by `road`; answers how many. One to a file that was interrupted goes on.
pub(crate) async fn export(
    road: Road,
    export: Export<'_>,
    watcher: &dyn Watcher,
) -> Result<u64, Error> {
    let reading = Reading {
        road: &road,
        export,
        watcher,
    };
    match export.path {
        Some(path) => to_file(&reading, path).await,
        None if export.is_sorted => {
            let gathered = tempfile::tempfile().map_err(Error::Write)?;
            let mut sheet = Sheet::new(gathered, Format::JsonLines, true)?;
            let users = reading
                .all(&mut sheet, reading.untouched(), |_, _| Ok(()))
                .await?;
            let mut gathered = sheet.file()?;
            gathered.rewind().map_err(Error::Read)?;
            let sorted = Sheet::new(io::stdout().lock(), export.format, true)?;
            sort::by_username(gathered, &std::env::temp_dir(), sorted)?;
            Ok(users)
        }
        None => {
            let mut sheet = Sheet::new(io::stdout().lock(), export.format, true)?;
            reading
                .all(&mut sheet, reading.untouched(), |_, _| Ok(()))
                .await
        }
    }
}

/// Gathers the users in a file beside `path`, and makes that file of it when it is whole.
async fn to_file(reading: &Reading<'_>, path: &Path) -> Result<u64, Error> {
    let Export {
        format, is_sorted, ..
    } = reading.export;
    let order = if is_sorted { "sorted" } else { "as they come" };
    let subject = format!("export {format:?} {order} {}", reading.road.name());
    let checkpoint = Checkpoint::beside(path, ".umb-export", subject);
    let state: Option<State> = checkpoint.read()?;
    let is_new = state.is_none();
    let state = state.unwrap_or_else(|| reading.untouched());
    let partial = beside(path, PARTIAL);
    let failed = |source| Error::File {
        verb: "write",
        path: partial.clone(),
        source,
    };
    let file = open_at(&partial, state.length).map_err(failed)?;
    let gathered = if is_sorted { Format::JsonLines } else { format };
    let mut sheet = Sheet::new(file, gathered, is_new)?;
    let users = reading.all(&mut sheet, state, |sheet, state| {
        sheet.flush()?;
        state.length = sheet.file()?.stream_position().map_err(Error::Write)?;
        checkpoint.write(state)
    });
    let users = users.await?;
    if is_sorted {
        let whole = beside(path, SORTED);
        let file = open_at(&whole, 0).map_err(failed)?;
        let sorted = Sheet::new(file, format, true)?;
        let gathered = File::open(&partial).map_err(failed)?;
        sort::by_username(gathered, folder(path), sorted)?;
        appear(&whole, path)?;
        fs::remove_file(&partial).map_err(failed)?;
    } else {
        appear(&partial, path)?;
    }
    checkpoint.remove()?;
    Ok(users)
}

/// Gives a file that is whole its name.
fn appear(whole: &Path, path: &Path) -> Result<(), Error> {
    let renamed = File::open(whole)
        .and_then(|file| file.sync_all())
        .and_then(|()| fs::rename(whole, path));
    renamed.map_err(|source| Error::File {
        verb: "write",
        path: path.to_owned(),
        source,
    })
}

struct Reading<'a> {
    road: &'a Road,
    export: Export<'a>,
    watcher: &'a dyn Watcher,
}

impl Reading<'_> {
    /// That nothing is read yet.
    fn untouched(&self) -> State {
        State {
            parts: vec![Part::Untouched; self.road.parts()],
            length: 0,
            users: 0,
        }
    }

    /// Writes page by page, while the next ones are read; `note` gets now and then how far it is.
    async fn all<W: Write>(
        &self,
        sheet: &mut Sheet<W>,
        mut state: State,
        mut note: impl FnMut(&mut Sheet<W>, &mut State) -> Result<(), Error>,
    ) -> Result<u64, Error> {
        let mut under_way = JoinSet::new();
        let mut noted = Instant::now();
        for part in 0..state.parts.len() {
            self.begin(&mut under_way, &state, part);
        }
        while let Some(read) = under_way.join_next().await {
            let read: Result<Result<(usize, Page), Error>, _> = read;
            let (part, (lines, next)) =
                read.map_err(|error| Error::Read(io::Error::other(error)))??;
            state.parts[part] = next.map_or(Part::Done, Part::Behind);
            self.begin(&mut under_way, &state, part);
            sheet.write(&lines)?;
            state.users += lines.lines().count() as u64;
            self.watcher.progress(&Tally {
                written: state.users,
                ..Tally::default()
            });
            if noted.elapsed() > PERIOD || under_way.is_empty() {
                note(sheet, &mut state)?;
                noted = Instant::now();
            }
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
        let road = self.road.clone();
        let place = Place {
            part,
            after,
            is_consistent: self.export.is_consistent,
        };
        under_way.spawn(async move { Ok((part, road.page(place).await?)) });
    }
}
