//! What the server leaves in its folder for those who look for it: a record and a lock.
//!
//! The lock is the truth: a server holds it from its first moment to its last, and the system lets go
//! of it when the process ends in whatever way. A server's first act is to take the last one's record
//! away, so that a record is current exactly while the lock is held, and the process that it names is
//! the server and no other one of the same number.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::wait::{self, Pace};

use super::Error;

/// How long another server must hold the lock to be believed.
const LOCK_PATIENCE: Duration = Duration::from_millis(300);

/// The folder of a local stage, and what is where in it.
#[derive(Debug, Clone)]
pub(super) struct Folder(PathBuf);

/// A server that runs, or ran last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// Its process.
    pub(crate) pid: u32,
    /// Its port on loopback.
    pub(crate) port: u16,
    /// Whether it lets in signed requests alone.
    #[serde(default)]
    pub(crate) auth: bool,
    /// The executable that it runs: see [`this_binary`].
    pub(super) binary: String,
}

impl Record {
    /// Where its API is.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }
}

impl Folder {
    pub(super) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    pub(super) fn database(&self) -> PathBuf {
        self.0.join("users.sqlite3")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.0.join("server.log")
    }

    /// The access key, in the form of AWS's shared credentials file.
    pub(super) fn credentials(&self) -> PathBuf {
        self.0.join("credentials")
    }

    fn record(&self) -> PathBuf {
        self.0.join("server.json")
    }

    fn lock_file(&self) -> PathBuf {
        self.0.join("server.lock")
    }

    /// Makes the folder, for this user alone.
    pub(super) fn create(&self) -> Result<(), Error> {
        use std::os::unix::fs::DirBuilderExt as _;

        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.0)
            .map_err(|error| self.failed(error))
    }

    /// Takes the lock, to hold it as long as the file is kept; `None` while a server holds it.
    pub(super) fn try_lock(&self) -> Result<Option<File>, Error> {
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(self.lock_file())
            .map_err(|error| self.failed(error))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(self.failed(error)),
        }
    }

    /// Takes the lock or says who has it. Whoever looks for a server touches the lock for an instant
    /// too, so one refusal is not the last word.
    pub(super) async fn lock(&self) -> Result<File, Error> {
        let asked = Instant::now();
        wait::until(Pace::PROCESS, async || match self.try_lock()? {
            None if asked.elapsed() > LOCK_PATIENCE => Err(Error::Running {
                pid: self.read_record().map_or(0, |record| record.pid),
            }),
            lock => Ok(lock),
        })
        .await
    }

    /// Whether a server holds the lock.
    pub(super) fn is_served(&self) -> Result<bool, Error> {
        match fs::exists(self.lock_file()) {
            Ok(true) => Ok(self.try_lock()?.is_none()),
            Ok(false) => Ok(false),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// The record of the server that runs or ran last; an unreadable one counts as none.
    pub(super) fn read_record(&self) -> Option<Record> {
        serde_json::from_slice(&fs::read(self.record()).ok()?).ok()
    }

    /// Replaces the record at once and as a whole.
    pub(super) fn write_record(&self, record: &Record) -> Result<(), Error> {
        let write = || -> io::Result<()> {
            let mut file = tempfile::NamedTempFile::new_in(&self.0)?;
            serde_json::to_writer(&mut file, record)?;
            file.flush()?;
            file.persist(self.record())?;
            Ok(())
        };
        write().map_err(|error| self.failed(error))
    }

    /// Takes the record away: a server that has just begun is not the one that it names.
    pub(super) fn forget_record(&self) -> Result<(), Error> {
        match fs::remove_file(self.record()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.failed(error)),
            _ => Ok(()),
        }
    }

    /// Whether there is a local stage at all: one that was deployed and not destroyed.
    pub(super) fn is_deployed(&self) -> bool {
        self.database().is_file()
    }

    /// Deletes everything.
    pub(super) fn delete(&self) -> Result<(), Error> {
        match fs::remove_dir_all(&self.0) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.failed(error)),
            _ => Ok(()),
        }
    }

    pub(super) fn failed(&self, source: io::Error) -> Error {
        Error::StateFolder {
            path: self.0.clone(),
            source,
        }
    }
}

/// Tells this executable from one that was built or installed later: its path, size and time.
pub(super) fn this_binary() -> String {
    let describe = || -> io::Result<String> {
        let path = std::env::current_exe()?;
        let metadata = fs::metadata(&path)?;
        let modified = metadata
            .modified()?
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Ok(format!(
            "{} {} {}",
            path.display(),
            metadata.len(),
            modified.as_nanos()
        ))
    };
    // One that cannot be told is taken for another one: the server is then restarted.
    describe().unwrap_or_default()
}
