//! Reads users from a file or standard input, record by record, on a thread of its own.

use std::io::{self, BufRead, BufReader, Read, Seek as _, SeekFrom, Take};
use std::path::Path;

use fs_err::File;
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::error::Error;
use super::format::{Columns, Format};
use super::record::{Position, Record};

/// How many records are read ahead.
const AHEAD: usize = 256;
/// The longest line in bytes: what one request can carry.
const LONGEST: usize = 6 * 1024 * 1024;
/// How many bytes of a file are hashed to identify it.
const HASHED: u64 = 1024 * 1024;

/// What is read.
pub(super) enum Source {
    File(File),
    StandardInput,
}

impl Source {
    /// Opens the file at `path`, or standard input if there is none.
    pub(super) fn open(path: Option<&Path>) -> Result<Self, Error> {
        let Some(path) = path else {
            return Ok(Self::StandardInput);
        };
        Ok(Self::File(File::open(path).map_err(Error::File)?))
    }

    /// Identifies a file by its length and a hash of its beginning. Standard input has no identity.
    pub(super) fn identity(&self) -> Result<Option<String>, Error> {
        let Self::File(file) = self else {
            return Ok(None);
        };
        let identity = || -> io::Result<String> {
            let length = file.metadata()?.len();
            let mut beginning = Vec::new();
            let mut file = file.try_clone()?;
            (&mut file).take(HASHED).read_to_end(&mut beginning)?;
            file.seek(SeekFrom::Start(0))?;
            Ok(format!(
                "{length} {}",
                hex::encode(Sha256::digest(beginning))
            ))
        };
        identity().map(Some).map_err(Error::Read)
    }

    /// Starts to read the records after `from`.
    pub(super) fn read(self, format: Format, from: Position) -> Receiver<Result<Record, Error>> {
        let (sender, receiver) = channel(AHEAD);
        std::thread::spawn(move || {
            let read = match format {
                Format::JsonLines => self.lines(from, &sender),
                Format::Csv => self.rows(from, &sender),
            };
            if let Err(error) = read {
                // If nobody listens any more, the error does not matter.
                let _ = sender.blocking_send(Err(error));
            }
        });
        receiver
    }

    fn lines(self, from: Position, sender: &Sender<Result<Record, Error>>) -> Result<(), Error> {
        let mut end = Position::default();
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

    fn rows(self, from: Position, sender: &Sender<Result<Record, Error>>) -> Result<(), Error> {
        let input: Box<dyn Read> = match self {
            Self::File(file) => Box::new(file),
            Self::StandardInput => Box::new(io::stdin()),
        };
        // Rows may span lines, so those that are done are read again rather than skipped.
        let mut reader = csv::ReaderBuilder::new().flexible(false).from_reader(input);
        let heading = reader.headers().map_err(unreadable)?.clone();
        let columns = Columns::parse(heading.iter())?;
        let mut row = csv::StringRecord::new();
        let mut end = Position::default();
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

/// Returns a row as CSV again, without its line break.
fn quoted(row: &csv::StringRecord) -> String {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    // Writing to memory does not fail.
    let _ = writer.write_record(row);
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8_lossy(&bytes)
        .trim_end_matches('\n')
        .to_owned()
}

fn unreadable(error: csv::Error) -> Error {
    Error::Read(io::Error::other(error))
}

fn line(end: Position, length: u64, bytes: &[u8]) -> Record {
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

/// Reads a line into `bytes`, as much of it as a request can carry; returns its length, `None` at the end.
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
    fn an_endless_line_takes_no_more_memory_than_a_request() {
        let mut text = vec![b'x'; 3 * LONGEST];
        text.extend(b"\ny\n");
        let lines = lines(&text);
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0].0, 3 * LONGEST as u64 + 1);
        assert!(lines[0].1.len() <= LONGEST);
        assert_eq!(lines[1].1, b"y\n");
    }
}
