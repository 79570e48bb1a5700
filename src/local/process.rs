//! The server as a background process: found, started and stopped by other processes.

use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fs_err::OpenOptions;
use rustix::process::{Pid, Signal, kill_process};

use crate::wait::{self, Pace};

use super::auth::Key;
use super::error::Error;
use super::state_dir::{ServerRecord, StateDir, this_binary};

/// How long a server may take to start, and to stop.
const SERVER_TIMEOUT: Duration = Duration::from_secs(10);

/// How the server should run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ServerOptions<'a> {
    /// The stage's folder.
    pub(crate) folder: &'a Path,
    /// The port; any free one if none is given.
    pub(crate) port: Option<u16>,
    /// Whether it should accept only signed requests.
    pub(crate) auth: bool,
}

/// How a server came to run.
#[derive(Debug, Clone)]
pub(crate) enum Started {
    Fresh(ServerRecord),
    /// One was running, but with another binary, on another port, or with other authorization.
    Restarted(ServerRecord),
    AlreadyRunning(ServerRecord),
}

impl Started {
    pub(crate) fn record(&self) -> &ServerRecord {
        match self {
            Self::Fresh(record) | Self::Restarted(record) | Self::AlreadyRunning(record) => record,
        }
    }
}

/// Whether the stage in `folder` was deployed and not destroyed, whether its server is running or not.
pub(crate) fn is_deployed(folder: &Path) -> bool {
    StateDir::new(folder).is_deployed()
}

/// Returns the access key of the stage in `folder`, and the file that it is in.
pub(crate) fn key(folder: &Path) -> Option<(Key, PathBuf)> {
    let path = StateDir::new(folder).credentials();
    Some((Key::read(&path)?, path))
}

/// Returns the running server of the stage in `folder`.
pub(crate) fn running(folder: &Path) -> Result<Option<ServerRecord>, Error> {
    let folder = StateDir::new(folder);
    Ok(if folder.is_served()? {
        folder.read_record()
    } else {
        None
    })
}

/// Makes sure that a server of this binary is running, and waits until `responds` says that it responds.
pub(crate) async fn start(
    options: ServerOptions<'_>,
    responds: impl AsyncFn(&ServerRecord) -> bool,
) -> Result<Started, Error> {
    // In this order: if no server is running, the record that existed before is that of an earlier one.
    let last = StateDir::new(options.folder).read_record();
    let before = running(options.folder)?;
    if let Some(record) = &before {
        let is_as_requested = record.binary == this_binary()
            && record.auth == options.auth
            && options.port.is_none_or(|port| port == record.port);
        if is_as_requested && responds(record).await {
            return Ok(Started::AlreadyRunning(record.clone()));
        }
        if let Some(port) = options.port
            && port != record.port
        {
            check_port(port)?;
        }
        stop(options.folder).await?;
    } else if let Some(port) = options.port {
        check_port(port)?;
    }
    let folder = StateDir::new(options.folder);
    folder.create()?;
    let mut server = spawn(&folder, options)?;
    let stale = before.as_ref().or(last.as_ref());
    let record = until_ready(&folder, &mut server, stale, responds).await?;
    if record.pid != server.id() {
        // Another one was faster. This one would find out by itself, but nobody should have to wait for that.
        let _ = server.kill().and_then(|()| server.wait());
    }
    Ok(match before {
        _ if record.pid != server.id() => Started::AlreadyRunning(record),
        Some(_) => Started::Restarted(record),
        None => Started::Fresh(record),
    })
}

/// Stops the server of the stage in `folder`; returns whether one was running.
pub(crate) async fn stop(folder: &Path) -> Result<bool, Error> {
    let Some(record) = running(folder)? else {
        return Ok(false);
    };
    let folder = StateDir::new(folder);
    for signal in [Signal::TERM, Signal::KILL] {
        // The lock is held, so this process is the server. If it has just stopped, the signal has no effect.
        if let Some(pid) = i32::try_from(record.pid).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, signal);
        }
        let asked = Instant::now();
        let ended = wait::until(Pace::PROCESS, async || {
            let ended = !folder.is_served()?;
            let is_over = ended || asked.elapsed() > SERVER_TIMEOUT;
            Ok::<_, Error>(is_over.then_some(ended))
        });
        if ended.await? {
            return Ok(true);
        }
    }
    Err(Error::NotStopped { pid: record.pid })
}

/// Deletes the users and everything else of a stage, and stops a server that was started meanwhile.
pub(crate) async fn delete_data(folder: &Path) -> Result<(), Error> {
    stop(folder).await?;
    let folder = StateDir::new(folder);
    // Held until everything is deleted, so that no server starts in between.
    let _lock = folder.lock().await?;
    folder.delete()
}

/// Deletes what an interrupted [`delete_data`] left.
pub(crate) fn delete_leftovers(folder: &Path) -> Result<(), Error> {
    StateDir::new(folder).delete_leftovers()
}

/// Checks whether a server could listen on `port`, so that a running one is not stopped for one that cannot start.
fn check_port(port: u16) -> Result<(), Error> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .map(drop)
        .map_err(|source| Error::PortTaken { port, source })
}

fn spawn(folder: &StateDir, options: ServerOptions) -> Result<Child, Error> {
    // Emptied, so that it does not grow, and so that errors of an earlier server are not taken for this one's.
    let log = OpenOptions::new()
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
        .arg(options.folder)
        // Ctrl-C in the terminal that it was started from must not reach it.
        .process_group(0)
        .current_dir(options.folder)
        .stdin(Stdio::null())
        .stdout(log.into_parts().0)
        .stderr(also_log.into_parts().0);
    if let Some(port) = options.port {
        command.arg("--port").arg(port.to_string());
    }
    if options.auth {
        command.arg("--auth");
    }
    command.spawn().map_err(Error::Serve)
}

/// Waits until a server responds. The `stale` record is that of an earlier one.
async fn until_ready(
    folder: &StateDir,
    server: &mut Child,
    stale: Option<&ServerRecord>,
    responds: impl AsyncFn(&ServerRecord) -> bool,
) -> Result<ServerRecord, Error> {
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
        // If somebody else started one at the same time, the lock lets only one of them run. It may be the other one.
        if let Some(record) = record
            && Some(&record) != stale
            && responds(&record).await
        {
            return Ok(Some(record));
        }
        if started.elapsed() > SERVER_TIMEOUT {
            return Err(not_started("it does not respond".to_owned()));
        }
        Ok(None)
    })
    .await
}

/// Returns the last error that the server logged.
fn last_cause(folder: &StateDir) -> Option<String> {
    let log = fs_err::read_to_string(folder.log()).ok()?;
    log.lines()
        .rev()
        .find_map(|line| line.strip_prefix("error: "))
        .map(str::to_owned)
}
