//! What an import or an export can end in, other than success.

use std::io;
use std::path::PathBuf;

use crate::{aws, client, local};

/// A failed import or export. What was done until then is recorded.
#[derive(Debug, thiserror::Error)]
#[cfg_attr(test, derive(strum::AsRefStr, strum::VariantNames))]
pub(crate) enum Error {
    /// The error says which file.
    #[error(transparent)]
    File(io::Error),
    #[error("cannot read the users")]
    Read(#[source] io::Error),
    #[error("cannot write the users")]
    Write(#[source] io::Error),
    #[error("the CSV header is not valid: {reason}")]
    Heading { reason: String },
    #[error("{} belongs to another import or export: {reason}", path.display())]
    OtherCheckpoint { path: PathBuf, reason: &'static str },
    #[error("the API stopped responding")]
    Stopped(#[source] client::Error),
    #[error(transparent)]
    Api(#[from] client::Error),
    #[error(transparent)]
    Aws(#[from] aws::Error),
    #[error(transparent)]
    Local(#[from] local::Error),
}

impl Error {
    /// Whether the same request may succeed soon.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::Api(error) => error.is_transient(),
            Self::Aws(error) => error.cause().is_transient(),
            Self::Local(local::Error::Engine { is_busy, .. }) => *is_busy,
            _ => false,
        }
    }
}
