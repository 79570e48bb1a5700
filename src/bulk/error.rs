//! What an import or an export can end in, other than well.

use std::io;
use std::path::PathBuf;

use crate::{api, aws, local};

/// A failed import or export. What was done until then is written down.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("cannot {verb} {}", path.display())]
    File {
        verb: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error("cannot read the users")]
    Read(#[source] io::Error),
    #[error("cannot write the users")]
    Write(#[source] io::Error),
    #[error("the heading of the CSV file is not valid: {reason}")]
    Heading { reason: String },
    #[error("{} is of another import or export: {reason}", path.display())]
    OtherCheckpoint { path: PathBuf, reason: &'static str },
    #[error("the API does not answer any more")]
    Stopped(#[source] api::Error),
    #[error(transparent)]
    Api(#[from] api::Error),
    #[error(transparent)]
    Aws(#[from] aws::Error),
    #[error(transparent)]
    Local(#[from] local::Error),
}

impl Error {
    /// Whether the same may well succeed in a moment.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::Api(error) => error.is_transient(),
            Self::Aws(error) => error.cause().is_transient(),
            Self::Local(local::Error::Engine { is_busy, .. }) => *is_busy,
            _ => false,
        }
    }
}
