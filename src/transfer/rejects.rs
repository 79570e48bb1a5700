//! The file of rejected records, created with the first of them.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use fs_err::File;

use super::error::Error;
use super::file::open_at;
use super::progress::Reject;

/// The file of rejected records.
pub(super) struct Rejects {
    path: PathBuf,
    file: Option<File>,
    /// In bytes.
    pub(super) length: u64,
}

impl Rejects {
    /// Opens the file as it was when it had that length. What was written after that is overwritten.
    pub(super) fn open(path: &Path, length: u64) -> Result<Self, Error> {
        let mut rejects = Self {
            path: path.to_owned(),
            file: None,
            length,
        };
        if length > 0 {
            rejects.file()?;
        }
        Ok(rejects)
    }

    fn file(&mut self) -> Result<&mut File, Error> {
        let file = match self.file.take() {
            Some(file) => file,
            None => open_at(&self.path, self.length).map_err(Error::File)?,
        };
        Ok(self.file.insert(file))
    }

    pub(super) fn write(&mut self, rejects: &[Reject]) -> Result<(), Error> {
        if rejects.is_empty() {
            return Ok(());
        }
        let mut lines = Vec::new();
        for reject in rejects {
            let written = serde_json::to_writer(&mut lines, reject);
            written.map_err(|error| Error::File(io::Error::from(error)))?;
            lines.push(b'\n');
        }
        self.file()?.write_all(&lines).map_err(Error::File)?;
        self.length += lines.len() as u64;
        Ok(())
    }

    /// Makes sure that everything is on disk.
    pub(super) fn close(self) -> Result<(), Error> {
        match &self.file {
            Some(file) => file.sync_all().map_err(Error::File),
            None => Ok(()),
        }
    }
}
