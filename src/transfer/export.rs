//! Exports users from a stage.
//!
//! They come in parts that are read at the same time: the API has one, a table several. The checkpoint says how far each
//! part is.

use std::io::{self, Seek as _, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use fs_err::{self as fs, File};
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use super::checkpoint::Checkpoint;
use super::error::Error;
use super::file::{beside, folder, open_at};
use super::format::Format;
use super::page::{Page, PageRequest};
use super::progress::{Counts, ProgressSink};
use super::sort;
use super::transport::Transport;
use super::user_writer::UserWriter;

/// The ending of an incomplete file's name.
const PARTIAL: &str = ".partial";
/// How often progress is recorded.
const PERIOD: Duration = Duration::from_millis(50);
/// The ending of the name of a file that is being written in order.
const SORTED: &str = ".sorted";

/// What is to be exported, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Export<'a> {
    /// The file, which appears when it is complete; standard output if there is none.
    pub(crate) path: Option<&'a Path>,
    pub(crate) format: Format,
    /// Whether every completed write must be visible. Through the API, it always is.
    pub(crate) is_consistent: bool,
    /// Whether users are sorted by username, code point by code point.
    pub(crate) is_sorted: bool,
}

/// How far a part is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Part {
    Untouched,
    /// The next page comes after this.
    #[serde(rename = "behind")]
    After(String),
    Done,
}

/// How far an export is.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct State {
    parts: Vec<Part>,
    /// The length of the file up to there.
    length: u64,
    users: u64,
}

/// Exports all users; returns how many. An interrupted export to a file continues where it stopped.
pub(crate) async fn export(
    transport: Transport,
    export: Export<'_>,
    sink: &dyn ProgressSink,
) -> Result<u64, Error> {
    let reading = Reading {
        transport: &transport,
        export,
        sink,
    };
    match export.path {
        Some(path) => to_file(&reading, path).await,
        None if export.is_sorted => {
            let gathered = File::from_parts(
                tempfile::tempfile().map_err(Error::Write)?,
                "the temporary file of users",
            );
            let mut writer = UserWriter::new(gathered, Format::JsonLines, true)?;
            let users = reading
                .all(&mut writer, reading.untouched(), |_, _| Ok(()))
                .await?;
            let mut gathered = writer.file()?;
            gathered.rewind().map_err(Error::Read)?;
            let sorted = UserWriter::new(io::stdout().lock(), export.format, true)?;
            sort::by_username(gathered, &std::env::temp_dir(), sorted)?;
            Ok(users)
        }
        None => {
            let mut writer = UserWriter::new(io::stdout().lock(), export.format, true)?;
            reading
                .all(&mut writer, reading.untouched(), |_, _| Ok(()))
                .await
        }
    }
}

/// Gathers the users in a file beside `path`, which becomes that file when it is complete.
async fn to_file(reading: &Reading<'_>, path: &Path) -> Result<u64, Error> {
    let Export {
        format, is_sorted, ..
    } = reading.export;
    let order = if is_sorted { "sorted" } else { "as they come" };
    let name = format.recorded_name();
    let subject = format!("export {name} {order} {}", reading.transport.name());
    let checkpoint = Checkpoint::beside(path, ".umb-export", subject);
    let state: Option<State> = checkpoint.read()?;
    let is_new = state.is_none();
    let state = state.unwrap_or_else(|| reading.untouched());
    let partial = beside(path, PARTIAL);
    let file = open_at(&partial, state.length).map_err(Error::File)?;
    let gathered = if is_sorted { Format::JsonLines } else { format };
    let mut writer = UserWriter::new(file, gathered, is_new)?;
    let users = reading.all(&mut writer, state, |writer, state| {
        writer.flush()?;
        state.length = writer.file()?.stream_position().map_err(Error::Write)?;
        checkpoint.write(state)
    });
    let users = users.await?;
    if is_sorted {
        let whole = beside(path, SORTED);
        let file = open_at(&whole, 0).map_err(Error::File)?;
        let sorted = UserWriter::new(file, format, true)?;
        let gathered = File::open(&partial).map_err(Error::File)?;
        sort::by_username(gathered, folder(path), sorted)?;
        appear(&whole, path)?;
        fs::remove_file(&partial).map_err(Error::File)?;
    } else {
        appear(&partial, path)?;
    }
    checkpoint.remove()?;
    Ok(users)
}

/// Gives a complete file its name.
fn appear(whole: &Path, path: &Path) -> Result<(), Error> {
    let renamed = File::open(whole)
        .and_then(|file| file.sync_all())
        .and_then(|()| fs::rename(whole, path));
    renamed.map_err(Error::File)
}

struct Reading<'a> {
    transport: &'a Transport,
    export: Export<'a>,
    sink: &'a dyn ProgressSink,
}

impl Reading<'_> {
    /// The state in which nothing is read yet.
    fn untouched(&self) -> State {
        State {
            parts: vec![Part::Untouched; self.transport.parts()],
            length: 0,
            users: 0,
        }
    }

    /// Writes page by page, while the next ones are read. `record` gets the state every now and then.
    async fn all<W: Write>(
        &self,
        writer: &mut UserWriter<W>,
        mut state: State,
        mut record: impl FnMut(&mut UserWriter<W>, &mut State) -> Result<(), Error>,
    ) -> Result<u64, Error> {
        let mut pages = JoinSet::new();
        let mut recorded = Instant::now();
        for part in 0..state.parts.len() {
            self.start(&mut pages, &state, part);
        }
        while let Some(read) = pages.join_next().await {
            let read: Result<Result<(usize, Page), Error>, _> = read;
            let (part, (lines, next)) =
                read.map_err(|error| Error::Read(io::Error::other(error)))??;
            state.parts[part] = next.map_or(Part::Done, Part::After);
            self.start(&mut pages, &state, part);
            writer.write(&lines)?;
            state.users += lines.lines().count() as u64;
            self.sink.progress(&Counts {
                written: state.users,
                ..Counts::default()
            });
            if recorded.elapsed() > PERIOD || pages.is_empty() {
                record(writer, &mut state)?;
                recorded = Instant::now();
            }
        }
        writer.flush()?;
        Ok(state.users)
    }

    /// Starts to read the next page of a part, if there is one.
    fn start(&self, pages: &mut JoinSet<Result<(usize, Page), Error>>, state: &State, part: usize) {
        let after = match &state.parts[part] {
            Part::Done => return,
            Part::Untouched => None,
            Part::After(after) => Some(after.clone()),
        };
        let transport = self.transport.clone();
        let request = PageRequest {
            part,
            after,
            is_consistent: self.export.is_consistent,
        };
        pages.spawn(async move { Ok((part, transport.page(request).await?)) });
    }
}
