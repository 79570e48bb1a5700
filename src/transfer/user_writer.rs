//! Writes users in either format.

use std::io::{self, BufWriter, Write};

use fs_err::File;

use super::error::Error;
use super::format::{Format, heading, row};

/// Writes users in either format.
pub(super) struct UserWriter<W: Write> {
    lines: Lines<W>,
}

enum Lines<W: Write> {
    Json(BufWriter<W>),
    Csv(Box<csv::Writer<W>>),
}

impl<W: Write> UserWriter<W> {
    /// Writes to `output`; with a heading if it `is_new`.
    pub(super) fn new(output: W, format: Format, is_new: bool) -> Result<Self, Error> {
        let mut writer = Self {
            lines: match format {
                Format::JsonLines => Lines::Json(BufWriter::new(output)),
                Format::Csv => Lines::Csv(Box::new(csv::Writer::from_writer(output))),
            },
        };
        if let (Lines::Csv(rows), true) = (&mut writer.lines, is_new) {
            rows.write_record(heading()).map_err(unwritten)?;
        }
        Ok(writer)
    }

    /// Writes users, each a JSON object on a line of its own.
    pub(super) fn write(&mut self, users: &str) -> Result<(), Error> {
        match &mut self.lines {
            Lines::Json(output) => output.write_all(users.as_bytes()).map_err(Error::Write),
            Lines::Csv(rows) => users.lines().try_for_each(|user| {
                let row = row(user)
                    .ok_or_else(|| Error::Write(io::Error::other("a user is not a JSON object")))?;
                rows.write_record(&row).map_err(unwritten)
            }),
        }
    }

    /// Writes what is buffered.
    pub(super) fn flush(&mut self) -> Result<(), Error> {
        let flushed = match &mut self.lines {
            Lines::Json(output) => output.flush(),
            Lines::Csv(rows) => rows.flush(),
        };
        flushed.map_err(Error::Write)
    }
}

impl UserWriter<File> {
    /// Returns another handle of the file.
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
