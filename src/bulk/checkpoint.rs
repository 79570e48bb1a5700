//! What is written down, so that whoever is interrupted goes on from there.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Error;
use super::file::{beside, folder};

/// What something goes on with, and what it is of: of another file, or another stage, it is refused.
#[derive(Debug, Serialize, Deserialize)]
struct Written<T> {
    subject: String,
    state: T,
}

/// A file that holds the state of one import or export.
#[derive(Debug, Clone)]
pub(super) struct Checkpoint {
    path: PathBuf,
    subject: String,
}

impl Checkpoint {
    /// The one beside `path`, with this ending, of `subject`.
    pub(super) fn beside(path: &Path, ending: &str, subject: String) -> Self {
        Self {
            path: beside(path, ending),
            subject,
        }
    }

    /// What was written down last; `None` where there is nothing.
    ///
    /// # Errors
    /// When it is of something else.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<Option<T>, Error> {
        let text = match fs::read(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(|source| self.failed("read", source))?,
        };
        let other = |reason| Error::OtherCheckpoint {
            path: self.path.clone(),
            reason,
        };
        let written: Written<T> =
            serde_json::from_slice(&text).map_err(|_| other("it is none of this umb's"))?;
        if written.subject == self.subject {
            Ok(Some(written.state))
        } else {
            Err(other("the file, the format or the stage is another one"))
        }
    }

    /// Replaces what was written down, at once and as a whole.
    pub(super) fn write<T: Serialize>(&self, state: &T) -> Result<(), Error> {
        let write = || -> io::Result<()> {
            let mut file = tempfile::NamedTempFile::new_in(folder(&self.path))?;
            serde_json::to_writer(
                &mut file,
                &Written {
                    subject: self.subject.clone(),
                    state,
                },
            )?;
            file.flush()?;
            file.persist(&self.path)?;
            Ok(())
        };
        write().map_err(|source| self.failed("write", source))
    }

    /// All is done: nothing is left to go on with.
    pub(super) fn remove(&self) -> Result<(), Error> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(self.failed("delete", error))
            }
            _ => Ok(()),
        }
    }

    fn failed(&self, verb: &'static str, source: io::Error) -> Error {
        Error::File {
            verb,
            path: self.path.clone(),
            source,
        }
    }
}
