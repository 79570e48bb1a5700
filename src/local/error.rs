//! What an operation on the local stage can end in, other than success.

use std::path::PathBuf;

use crate::wait::Outage;

/// A failed operation on the local stage.
#[derive(Debug, thiserror::Error)]
#[cfg_attr(test, derive(strum::AsRefStr, strum::VariantNames))]
pub(crate) enum Error {
    #[error("cannot use port {port}")]
    PortTaken { port: u16, source: std::io::Error },
    #[error("cannot use the state folder {}", path.display())]
    StateFolder {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("cannot open the local database {}", path.display())]
    Database {
        path: PathBuf,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("the local database {} failed", path.display())]
    Engine {
        path: PathBuf,
        /// Whether trying again may help, because another process uses the file.
        is_busy: bool,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("the local server did not start: {reason} (log: {})", log.display())]
    NotStarted { reason: String, log: PathBuf },
    #[error("the local stage is already being served, by process {pid}")]
    Running { pid: u32 },
    #[error("the local server, process {pid}, does not stop")]
    NotStopped { pid: u32 },
    #[error("the local server failed")]
    Serve(#[source] std::io::Error),
}

/// Nothing here is far away.
impl Outage for Error {}
