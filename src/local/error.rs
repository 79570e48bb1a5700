//! What can go wrong with the local stage.

use std::path::PathBuf;

/// A failure of the local stage.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("port {port} cannot be used")]
    PortTaken { port: u16, source: std::io::Error },
    #[error("cannot use the state folder {}", path.display())]
    StateFolder {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("cannot open the users' database {}", path.display())]
    Database {
        path: PathBuf,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("the users' database {} does not do it", path.display())]
    Engine {
        path: PathBuf,
        /// Whether trying again may help: another process has the file.
        is_busy: bool,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("the local server did not start: {reason} (log: {})", log.display())]
    NotStarted { reason: String, log: PathBuf },
    #[error("the local stage is being served already, by process {pid}")]
    Running { pid: u32 },
    #[error("the local server, process {pid}, does not end")]
    NotStopped { pid: u32 },
    #[error("the local server failed")]
    Serve(#[source] std::io::Error),
}
