//! The server as a background process: found, started and stopped from any other one.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::wait::{self, Pace};

use super::Error;
use super::auth::Key;
use super::record::{Folder, Record, this_binary};

/// How long a server may take to begin, and to end when asked.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the server is to be like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish<'a> {
    /// The stage's folder.
    pub(crate) folder: &'a Path,
    /// The port, if it matters.
    pub(crate) port: Option<u16>,
    /// Whether it is to let in signed requests alone.
    pub(crate) auth: bool,
}

/// What it took to have a server that answers.
#[derive(Debug, Clone)]
pub(crate) enum Started {
    /// It was not there.
    New(Record),
    /// It was there, but of another binary, on another port, or open to others.
    Again(Record),
    /// It was there.
    Found(Record),
}

impl Started {
    /// The server.
    pub(crate) fn record(&self) -> &Record {
        match self {
            Self::New(record) | Self::Again(record) | Self::Found(record) => record,
        }
    }
}

/// Whether the stage in `folder` was deployed and not destroyed; its server may run or not.
pub(crate) fn deployed(folder: &Path) -> bool {
    Folder::new(folder).is_deployed()
}

/// The access key that the stage in `folder` lets in, and the file that it is in.
pub(crate) fn key(folder: &Path) -> Option<(Key, PathBuf)> {
    let path = Folder::new(folder).credentials();
    Some((Key::read(&path)?, path))
}

/// The server of the stage in `folder`, if one runs.
pub(crate) fn running(folder: &Path) -> Result<Option<Record>, Error> {
    let folder = Folder::new(folder);
    Ok(if folder.is_served()? {
        folder.read_record()
    } else {
        None
    })
}

/// Sees to it that a server of this binary runs, and waits until `answers` says that it does.
pub(crate) async fn start(
    wish: Wish<'_>,
    answers: impl AsyncFn(&Record) -> bool,
) -> Result<Started, Error> {
    // In this order: where no server runs, the record that was there before is that of one that is gone.
    let last = Folder::new(wish.folder).read_record();
    let before = running(wish.folder)?;
    if let Some(record) = &before {
        let is_as_wished = record.binary == this_binary()
            && record.auth == wish.auth
            && wish.port.is_none_or(|port| port == record.port);
        if is_as_wished && answers(record).await {
            return Ok(Started::Found(record.clone()));
        }
        if let Some(port) = wish.port
            && port != record.port
        {
            check_port(port)?;
        }
        stop(wish.folder).await?;
    } else if let Some(port) = wish.port {
        check_port(port)?;
    }
    let folder = Folder::new(wish.folder);
    folder.create()?;
    let mut server = spawn(&folder, wish)?;
    let stale = before.as_ref().or(last.as_ref());
    let record = until_ready(&folder, &mut server, stale, answers).await?;
    Ok(match before {
        _ if record.pid != server.id() => Started::Found(record),
        Some(_) => Started::Again(record),
        None => Started::New(record),
    })
}

/// Ends the server of the stage in `folder`; answers whether one ran.
pub(crate) async fn stop(folder: &Path) -> Result<bool, Error> {
    let Some(record) = running(folder)? else {
        return Ok(false);
    };
    let folder = Folder::new(folder);
    for signal in [Signal::TERM, Signal::KILL] {
        // The lock is held, so this process is the server; if it ended just now, so much the better.
        if let Some(pid) = i32::try_from(record.pid).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, signal);
        }
        let asked = Instant::now();
        let ended = wait::until(Pace::PROCESS, async || {
            let ended = !folder.is_served()?;
            let is_over = ended || asked.elapsed() > PATIENCE;
            Ok::<_, Error>(is_over.then_some(ended))
        });
        if ended.await? {
            return Ok(true);
        }
    }
    Err(Error::NotStopped { pid: record.pid })
}

/// Deletes the users and everything else of a stage, and ends a server that was started meanwhile.
pub(crate) async fn delete_data(folder: &Path) -> Result<(), Error> {
    stop(folder).await?;
    let folder = Folder::new(folder);
    // Held until nothing is left, so that no server begins in between.
    let _lock = folder.lock().await?;
    folder.delete()
}

/// Whether a server could listen on `port`: it checks too, but a running one is not stopped for
/// another that cannot begin.
fn check_port(port: u16) -> Result<(), Error> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .map(drop)
        .map_err(|source| Error::PortTaken { port, source })
}

fn spawn(folder: &Folder, wish: Wish) -> Result<Child, Error> {
    // Only this server's: the last one's would only grow, and its errors be taken for this one's.
    let log = File::options()
        .create(true)
        .append(true)
        .open(folder.log())
        .and_then(|log| log.set_len(0).map(|()| log))
        .map_err(|error| folder.failed(error))?;
    let also_log = log.try_clone().map_err(|error| folder.failed(error))?;
    let program = std::env::current_exe().map_err(Error::Serve)?;
    let mut command = Command::new(program);
    command
        .arg("local-server")
        .arg("--folder")
        .arg(wish.folder)
        // Ctrl-C in the terminal that it was started from is not meant for it.
        .process_group(0)
        .current_dir(wish.folder)
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(also_log);
    if let Some(port) = wish.port {
        command.arg("--port").arg(port.to_string());
    }
    if wish.auth {
        command.arg("--auth");
    }
    command.spawn().map_err(Error::Serve)
}

/// Waits until a server answers; it forgets the `stale` record of the one before it only when it has begun.
async fn until_ready(
    folder: &Folder,
    server: &mut Child,
    stale: Option<&Record>,
    answers: impl AsyncFn(&Record) -> bool,
) -> Result<Record, Error> {
    let started = Instant::now();
    let not_started = |reason: String| Error::NotStarted {
        reason,
        log: folder.log(),
    };
    wait::until(Pace::PROCESS, async || {
        let ended = server.try_wait().map_err(Error::Serve)?;
        let record = running(folder.path())?;
        if let (Some(status), None) = (ended, &record) {
            return Err(not_started(
                last_cause(folder).unwrap_or_else(|| status.to_string()),
            ));
        }
        // It is another one than `server` where somebody else started one at the same time: the lock
        // lets one of them live.
        if let Some(record) = record
            && Some(&record) != stale
            && answers(&record).await
        {
            return Ok(Some(record));
        }
        if started.elapsed() > PATIENCE {
            return Err(not_started("it does not answer".to_owned()));
        }
        Ok(None)
    })
    .await
}

/// The cause that the server gave last, as `ui` writes it.
fn last_cause(folder: &Folder) -> Option<String> {
    let log = std::fs::read_to_string(folder.log()).ok()?;
    log.lines()
        .rev()
        .find_map(|line| line.strip_prefix("error: "))
        .map(str::to_owned)
}
