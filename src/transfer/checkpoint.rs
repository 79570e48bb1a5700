//! Checkpoints: what an interrupted import or export continues from.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use fs_err as fs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::error::Error;
use super::file::{beside, folder};

/// What is recorded: the state, and what it is the state of. A checkpoint of another file or another stage is refused.
#[derive(Debug, Serialize, Deserialize)]
struct Recorded<T> {
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
    /// The checkpoint beside `path`, with this ending, of `subject`.
    pub(super) fn beside(path: &Path, ending: &str, subject: String) -> Self {
        Self {
            path: beside(path, ending),
            subject,
        }
    }

    /// Reads the recorded state; `None` if there is none.
    ///
    /// # Errors
    /// Also when it belongs to another import or export.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<Option<T>, Error> {
        let text = match fs::read(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(Error::File)?,
        };
        let other = |reason| Error::OtherCheckpoint {
            path: self.path.clone(),
            reason,
        };
        let recorded: Recorded<T> =
            serde_json::from_slice(&text).map_err(|_| other("this umb did not write it"))?;
        if recorded.subject == self.subject {
            Ok(Some(recorded.state))
        } else {
            Err(other("the file, the format or the stage differs"))
        }
    }

    /// Replaces the recorded state atomically.
    pub(super) fn write<T: Serialize>(&self, state: &T) -> Result<(), Error> {
        let write = || -> io::Result<()> {
            let mut file = tempfile::NamedTempFile::new_in(folder(&self.path))?;
            serde_json::to_writer(
                &mut file,
                &Recorded {
                    subject: self.subject.clone(),
                    state,
                },
            )?;
            file.flush()?;
            file.persist(&self.path)?;
            Ok(())
        };
        write().map_err(Error::File)
    }

    /// Deletes the checkpoint: everything is done.
    pub(super) fn remove(&self) -> Result<(), Error> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::File(error)),
            _ => Ok(()),
        }
    }
}
