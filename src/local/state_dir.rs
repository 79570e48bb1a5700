//! The folder of a local stage, with the record and the lock by which its server is found.
//!
//! The lock decides: a server holds it from its start to its end, and the system releases it however the process
//! ends. A server first deletes the previous one's record, so that a record is current exactly while the lock is
//! held, and the process that it names is the server and not another one with the same ID.

use std::fs::{Metadata, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, UNIX_EPOCH};

use fs_err::{self as fs, File, OpenOptions};
use serde::{Deserialize, Serialize};

use crate::wait::{self, Pace};

use super::error::Error;

/// How long another server must hold the lock before it counts as running.
const LOCK_TIMEOUT: Duration = Duration::from_millis(300);

/// The start of the extension of a folder that is being deleted.
const DELETED: &str = "deleted-";

/// The folder of a local stage, and the files in it.
#[derive(Debug, Clone)]
pub(super) struct StateDir(PathBuf);

/// The server that is running, or ran last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ServerRecord {
    /// Its process ID.
    pub(crate) pid: u32,
    /// Its port on loopback.
    pub(crate) port: u16,
    /// Whether it accepts only signed requests.
    #[serde(default)]
    pub(crate) auth: bool,
    /// Identifies its executable: see [`this_binary`].
    pub(super) binary: String,
}

impl ServerRecord {
    /// The address of its API.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }
}

impl StateDir {
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

    /// Creates the folder, readable for this user only.
    pub(super) fn create(&self) -> Result<(), Error> {
        use std::os::unix::fs::DirBuilderExt as _;

        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.0)
            .map_err(|error| self.failed(error))
    }

    /// Takes the lock and holds it as long as the file is open; `None` while a server holds it.
    pub(super) fn try_lock(&self) -> Result<Option<File>, Error> {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(self.lock_file())
            .map_err(|error| self.failed(error))?;
        match file.file().try_lock() {
            // If the folder was deleted meanwhile, this is the lock of nothing.
            Ok(()) => Ok(self.is_lock_file(&file).then_some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(self.failed(error)),
        }
    }

    fn is_lock_file(&self, file: &File) -> bool {
        let identity = |found: io::Result<Metadata>| found.map(|found| (found.dev(), found.ino()));
        let locked = identity(file.metadata()).ok();
        locked.is_some() && locked == identity(fs::metadata(self.lock_file())).ok()
    }

    /// Takes the lock, or says who has it. Other commands take it for a moment when they look for a server, so one failed
    /// attempt does not decide.
    pub(super) async fn lock(&self) -> Result<File, Error> {
        let asked = Instant::now();
        wait::until(Pace::PROCESS, async || match self.try_lock()? {
            None if asked.elapsed() > LOCK_TIMEOUT => Err(Error::Running {
                pid: self.read_record().map_or(0, |record| record.pid),
            }),
            lock => Ok(lock),
        })
        .await
    }

    /// Whether a server holds the lock.
    pub(super) fn is_served(&self) -> Result<bool, Error> {
        match fs::exists(self.lock_file()) {
            Ok(true) => self.is_locked(),
            Ok(false) => Ok(false),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Whether the lock is held exclusively. Commands that look at the same time do not disturb each other.
    fn is_locked(&self) -> Result<bool, Error> {
        let file = match File::open(self.lock_file()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            file => file.map_err(|error| self.failed(error))?,
        };
        match file.file().try_lock_shared() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(self.failed(error)),
        }
    }

    /// Reads the record of the server that is running or ran last; an unreadable one counts as none.
    pub(super) fn read_record(&self) -> Option<ServerRecord> {
        serde_json::from_slice(&fs::read(self.record()).ok()?).ok()
    }

    /// Replaces the record atomically.
    pub(super) fn write_record(&self, record: &ServerRecord) -> Result<(), Error> {
        let write = || -> io::Result<()> {
            let mut file = tempfile::NamedTempFile::new_in(&self.0)?;
            serde_json::to_writer(&mut file, record)?;
            file.flush()?;
            file.persist(self.record())?;
            Ok(())
        };
        write().map_err(|error| self.failed(error))
    }

    /// Deletes the record, which names an earlier server.
    pub(super) fn forget_record(&self) -> Result<(), Error> {
        match fs::remove_file(self.record()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.failed(error)),
            _ => Ok(()),
        }
    }

    /// Whether the local stage was deployed and not destroyed.
    pub(super) fn is_deployed(&self) -> bool {
        self.database().is_file()
    }

    /// Deletes everything. The folder is renamed first, so that a server that is just starting never finds half of it.
    pub(super) fn delete(&self) -> Result<(), Error> {
        let doomed = self
            .0
            .with_extension(format!("{DELETED}{}", std::process::id()));
        match fs::rename(&self.0, doomed) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.failed(error)),
            _ => self.delete_leftovers(),
        }
    }

    /// Deletes folders that are renamed already.
    pub(super) fn delete_leftovers(&self) -> Result<(), Error> {
        let (Some(parent), Some(name)) = (self.0.parent(), self.0.file_name()) else {
            return Ok(());
        };
        let prefix = format!("{}.{DELETED}", name.to_string_lossy());
        let Ok(entries) = fs::read_dir(parent) else {
            return Ok(());
        };
        for entry in entries.flatten() {
            if !entry.file_name().to_string_lossy().starts_with(&prefix) {
                continue;
            }
            if let Err(error) = fs::remove_dir_all(entry.path())
                && error.kind() != io::ErrorKind::NotFound
            {
                return Err(self.failed(error));
            }
        }
        Ok(())
    }

    pub(super) fn failed(&self, source: io::Error) -> Error {
        Error::StateFolder {
            path: self.0.clone(),
            source,
        }
    }
}

/// Identifies this executable, so that one that was built or installed later is recognized: its path, size and time.
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
    // An executable that cannot be identified counts as another one: the server is then restarted.
    describe().unwrap_or_default()
}
