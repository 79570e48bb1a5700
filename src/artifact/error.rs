//! What can be wrong with a function.

use std::error::Error as StdError;
use std::io;
use std::path::PathBuf;

/// What can be wrong with a function.
#[derive(Debug, thiserror::Error)]
#[cfg_attr(test, derive(strum::AsRefStr, strum::VariantNames))]
pub(crate) enum Error {
    #[error("Lambda cannot run the function: {0}")]
    Unfit(Box<dyn StdError + Send + Sync>),
    #[error("the function does not say which contract it keeps")]
    NoContract,
    #[error("the function keeps another contract than the API that this umb deploys")]
    OtherContract,
    #[error("there is no function in {}", .0.display())]
    NoSource(PathBuf),
    #[error("the archive of the function's source is damaged")]
    NoArchive(#[source] zip::result::ZipError),
    #[error("{platform} is not Linux, on which Lambda runs the function")]
    NotLinux { platform: String },
    #[error("cannot run cargo")]
    NoCargo(#[source] io::Error),
    #[error("interrupted")]
    Interrupted,
    #[error("`cargo {verb}` failed, see above")]
    Cargo { verb: String },
    /// The error says which file.
    #[error(transparent)]
    File(#[from] io::Error),
}

impl Error {
    pub(super) fn no_archive(error: zip::result::ZipError) -> Self {
        Self::NoArchive(error)
    }
}
