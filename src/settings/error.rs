//! What can be wrong with the settings.

use std::io;
use std::path::PathBuf;

/// An error in what the user decided.
#[derive(Debug, thiserror::Error)]
#[cfg_attr(test, derive(strum::AsRefStr, strum::VariantNames))]
pub(crate) enum Error {
    /// The error says which file.
    #[error(transparent)]
    File(#[from] io::Error),
    #[error("{} is not a file", path.display())]
    NoFile { path: PathBuf },
    #[error("this folder cannot be found: it may have been deleted")]
    NoFolder(#[source] io::Error),
    #[error("{}:{line}: {message}", path.display())]
    Syntax {
        path: PathBuf,
        line: usize,
        message: String,
    },
    #[error("{}:{line}: this is for umb {wanted}, and this umb is {actual}", path.display())]
    OtherVersion {
        path: PathBuf,
        line: usize,
        wanted: String,
        actual: &'static str,
    },
    #[error("{}:{line}: unknown key `{key}`", path.display())]
    UnknownKey {
        path: PathBuf,
        line: usize,
        key: String,
        nearest: Option<String>,
        known: Vec<String>,
    },
    #[error("{}:{line}: {key}{}: {rule}", path.display(), equals(value.as_ref()))]
    Invalid {
        path: PathBuf,
        line: usize,
        /// The whole key, e.g. `stages.dev.region`.
        key: String,
        /// As it is written; `None` where the key itself is wrong.
        value: Option<String>,
        rule: String,
    },
    #[error("{name}={}: {rule}", value.escape_debug())]
    InvalidVariable {
        name: &'static str,
        value: String,
        rule: String,
    },
    #[error("there is no umb.toml here or in a folder above")]
    NoSettings,
    #[error("umb.toml does not set `{key}`")]
    Missing { key: &'static str },
    #[error("there is no stage `{name}`")]
    NoSuchStage { name: String, known: Vec<String> },
    #[error("cannot find your home folder, where the local stage is kept")]
    NoHome,
}

fn equals(value: Option<&String>) -> String {
    value.map_or_else(String::new, |value| format!(" = {value}"))
}
