//! Where users come from: a file or standard input, read record by record on a thread of its own.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek as _, SeekFrom, Take};
use std::path::Path;

use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use umb_handler::user::User;

use super::Error;
use super::format::{Columns, Format};
use super::ledger::Outcome;

/// How many records are read ahead.
const AHEAD: usize = 256;
/// The longest line: what one request may carry, in bytes.
const LONGEST: usize = 6 * 1024 * 1024;
/// How much of a file is looked at to tell it from another one.
const LOOKED_AT: u64 = 1024 * 1024;

/// A user as it was read.
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub(super) end: End,
    /// The user as a JSON object, or why it is none.
    pub(super) user: Result<String, String>,
    /// What stands in the file: the line, or a row as a JSON object, or as CSV where it is none.
    pub(super) raw: String,
}

impl Record {
    /// The user, checked as the API checks it.
    ///
    /// # Errors
    /// Why it is none.
    pub(super) fn valid(&self) -> Result<User, String> {
        let text = self.user.as_ref().map_err(Clone::clone)?;
        User::from_json(text.as_bytes()).map_err(|violations| {
            let reasons = violations.iter().map(|violation| {
                let text = format!("{} {}", violation.pointer, violation.detail);
                text.trim().to_owned()
            });
            reasons.collect::<Vec<_>>().join("; ")
        })
    }

    /// That it is refused.
    pub(super) fn rejected(&self, reason: String) -> Outcome {
        Outcome::Rejected {
            reason,
            raw: self.raw.clone(),
        }
    }
}

/// Where a record ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct End {
    /// How many records there are up to here.
    pub(super) records: u64,
    /// The line that it is in, or begins in; the first one is 1.
    pub(super) line: u64,
    /// The byte behind it.
    pub(super) byte: u64,
}

/// What is read.
pub(super) enum Source {
    File(File),
    StandardInput,
}

impl Source {
    /// The file of that path, or standard input where there is none.
    pub(super) fn open(path: Option<&Path>) -> Result<Self, Error> {
        let Some(path) = path else {
            return Ok(Self::StandardInput);
        };
        let opened = File::open(path).map_err(|source| Error::File {
            verb: "read",
            path: path.to_owned(),
            source,
        });
        Ok(Self::File(opened?))
    }

    /// What tells a file from another one: its length, and a hash of its beginning. Standard input has nothing
    /// of the kind.
    pub(super) fn identity(&self) -> Result<Option<String>, Error> {
        let Self::File(file) = self else {
            return Ok(None);
        };
        let identity = || -> io::Result<String> {
            let length = file.metadata()?.len();
            let mut beginning = Vec::new();
            let mut file = file.try_clone()?;
            (&mut file).take(LOOKED_AT).read_to_end(&mut beginning)?;
            file.seek(SeekFrom::Start(0))?;
            Ok(format!(
                "{length} {}",
                hex::encode(Sha256::digest(beginning))
            ))
        };
        identity().map(Some).map_err(Error::Read)
    }

    /// Begins to read the records behind `from`.
    pub(super) fn read(self, format: Format, from: End) -> Receiver<Result<Record, Error>> {
        let (sender, receiver) = channel(AHEAD);
        std::thread::spawn(move || {
            let read = match format {
                Format::JsonLines => self.lines(from, &sender),
                Format::Csv => self.rows(from, &sender),
            };
            if let Err(error) = read {
                // Where nobody listens any more, nobody is to be told.
                let _ = sender.blocking_send(Err(error));
            }
        });
        receiver
    }

    fn lines(self, from: End, sender: &Sender<Result<Record, Error>>) -> Result<(), Error> {
        let mut end = End::default();
        let mut input: Box<dyn BufRead> = match self {
            Self::File(mut file) => {
                file.seek(SeekFrom::Start(from.byte)).map_err(Error::Read)?;
                end = from;
                Box::new(BufReader::new(file))
            }
            Self::StandardInput => Box::new(BufReader::new(io::stdin())),
        };
        let mut bytes = Vec::new();
        while let Some(length) = next_line(&mut input, &mut bytes).map_err(Error::Read)? {
            end.line += 1;
            end.byte += length;
            if bytes.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            end.records += 1;
            if end.records > from.records
                && sender.blocking_send(Ok(line(end, length, &bytes))).is_err()
            {
                break;
            }
        }
        Ok(())
    }

    fn rows(self, from: End, sender: &Sender<Result<Record, Error>>) -> Result<(), Error> {
        let input: Box<dyn Read> = match self {
            Self::File(file) => Box::new(file),
            Self::StandardInput => Box::new(io::stdin()),
        };
        // Rows may span lines, so those that are done are read again rather than jumped over.
        let mut reader = csv::ReaderBuilder::new().flexible(false).from_reader(input);
        let heading = reader.headers().map_err(unreadable)?.clone();
        let columns = Columns::parse(heading.iter())?;
        let mut row = csv::StringRecord::new();
        let mut end = End::default();
        loop {
            let read = reader.read_record(&mut row);
            end.byte = reader.position().byte();
            end.records += 1;
            let user = match read {
                Ok(false) => return Ok(()),
                Ok(true) => columns.user(row.iter()),
                Err(error) if error.is_io_error() => return Err(unreadable(error)),
                Err(error) => Err(error.to_string()),
            };
            let raw = user.clone().unwrap_or_else(|_| quoted(&row));
            end.line = row.position().map_or(end.line + 1, csv::Position::line);
            let record = Record { end, user, raw };
            if end.records > from.records && sender.blocking_send(Ok(record)).is_err() {
                return Ok(());
            }
        }
    }
}

/// A row as CSV again, without its line break.
fn quoted(row: &csv::StringRecord) -> String {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    // Memory takes every write.
    let _ = writer.write_record(row);
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8_lossy(&bytes)
        .trim_end_matches('\n')
        .to_owned()
}

fn unreadable(error: csv::Error) -> Error {
    Error::Read(io::Error::other(error))
}

fn line(end: End, length: u64, bytes: &[u8]) -> Record {
    let raw = String::from_utf8_lossy(bytes).trim_end().to_owned();
    let user = if length > LONGEST as u64 {
        Err(format!("is longer than {LONGEST} bytes"))
    } else {
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(text.trim().to_owned()),
            Err(_) => Err("is not UTF-8 text".to_owned()),
        }
    };
    Record { end, user, raw }
}

/// Reads a line into `bytes`, as much of it as a request may carry; answers how long it is, `None` at the end.
fn next_line(input: &mut impl BufRead, bytes: &mut Vec<u8>) -> io::Result<Option<u64>> {
    bytes.clear();
    let mut length = 0;
    loop {
        let mut part: Take<&mut _> = Read::by_ref(input).take(64 * 1024);
        let before = bytes.len();
        let read = part.read_until(b'\n', bytes)?;
        let is_whole = bytes.last() == Some(&b'\n');
        length += read as u64;
        if bytes.len() > LONGEST {
            bytes.truncate(before.min(LONGEST));
        }
        match read {
            0 if length == 0 => return Ok(None),
            0 => return Ok(Some(length)),
            _ if is_whole => return Ok(Some(length)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[u8]) -> Vec<(u64, Vec<u8>)> {
        let mut input = text;
        let (mut lines, mut bytes) = (Vec::new(), Vec::new());
        while let Some(length) = next_line(&mut input, &mut bytes).expect("read") {
            lines.push((length, bytes.clone()));
        }
        lines
    }

    #[test]
    fn lines_end_with_a_newline_or_the_file() {
        assert_eq!(
            lines(b"a\n\nbc"),
            [
                (2, b"a\n".to_vec()),
                (1, b"\n".to_vec()),
                (2, b"bc".to_vec())
            ]
        );
        assert_eq!(lines(b""), []);
    }

    #[test]
    fn a_line_without_end_takes_no_more_memory_than_a_request() {
        let mut text = vec![b'x'; 3 * LONGEST];
        text.extend(b"\ny\n");
        let lines = lines(&text);
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0].0, 3 * LONGEST as u64 + 1);
        assert!(lines[0].1.len() <= LONGEST);
        assert_eq!(lines[1].1, b"y\n");
    }
}
