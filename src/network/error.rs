//! What is wrong with the settings of the network, and what could not be reached.

use std::error::Error as StdError;
use std::fmt;
use std::path::PathBuf;

/// A setting that cannot be right.
#[derive(Debug, thiserror::Error)]
#[cfg_attr(test, derive(strum::AsRefStr, strum::VariantNames))]
pub(crate) enum Error {
    #[error("{variable} is not the address of an HTTP proxy: {reason}")]
    InvalidProxy {
        variable: &'static str,
        reason: &'static str,
    },
    #[error("the certificates of {source_name}, {}, cannot be read", path.display())]
    UnreadableBundle {
        source_name: &'static str,
        path: PathBuf,
        source: Box<dyn StdError + Send + Sync>,
    },
    #[error("{source_name}, {}, has no certificate that can be trusted", path.display())]
    EmptyBundle {
        source_name: &'static str,
        path: PathBuf,
    },
    #[error("this machine has no certificates to trust, so no server can prove who it is")]
    NoCertificates,
}

/// A server without a response, and how it was to be reached.
#[derive(Debug)]
pub(crate) struct Unreached {
    /// Its scheme, name and port.
    pub(crate) origin: String,
    /// The proxy's address without credentials, and the variable that names it.
    pub(crate) proxy: Option<(String, &'static str)>,
    pub(crate) source: Box<dyn StdError + Send + Sync>,
}

impl fmt::Display for Unreached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no connection to {}", self.origin)?;
        match &self.proxy {
            Some((proxy, variable)) => write!(f, " through the proxy {proxy} ({variable})"),
            None => Ok(()),
        }
    }
}

impl StdError for Unreached {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.source)
    }
}
