//! A file of users that is being written.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use super::format::{heading, row};
use super::{Error, Format};

/// A file of users.
pub(super) struct Sheet<W: Write> {
    lines: Lines<W>,
}

enum Lines<W: Write> {
    Json(BufWriter<W>),
    Csv(Box<csv::Writer<W>>),
}

impl<W: Write> Sheet<W> {
    /// One that begins, or goes on.
    pub(super) fn new(output: W, format: Format, is_new: bool) -> Result<Self, Error> {
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

    /// Writes users, each a JSON object in a line of its own.
    pub(super) fn write(&mut self, users: &str) -> Result<(), Error> {
        match &mut self.lines {
            Lines::Json(output) => output.write_all(users.as_bytes()).map_err(Error::Write),
            Lines::Csv(rows) => users.lines().try_for_each(|user| {
                let row = row(user)
                    .ok_or_else(|| Error::Write(io::Error::other("a user is no JSON object")))?;
                rows.write_record(&row).map_err(unwritten)
            }),
        }
    }

    /// Hands on what is held back.
    pub(super) fn flush(&mut self) -> Result<(), Error> {
        let flushed = match &mut self.lines {
            Lines::Json(output) => output.flush(),
            Lines::Csv(rows) => rows.flush(),
        };
        flushed.map_err(Error::Write)
    }
}

impl Sheet<File> {
    /// Another handle of the file.
    pub(super) fn file(&self) -> Result<File, Error> {
        match &self.lines {
            Lines::Json(output) => output.get_ref().try_clone().map_err(Error::Write),
            Lines::Csv(rows) => rows.get_ref().try_clone().map_err(Error::Write),
        }
    }
}

fn unwritten(error: csv::Error) -> Error {
    Error::Write(io::Error::other(error))
}
