//! What Synth says about what it hands on, so that an umb of another version knows whether it can read it.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::artifact::Artifact;
use crate::template::VERSION;

use super::error::Error;

/// The file's name, beside the templates.
const FILE_NAME: &str = "manifest.json";
/// The newest format. A newer umb reads older formats, because an approval or a rollback may hand it an artifact that an
/// older one made.
const FORMAT: u32 = 1;

/// What Synth says about what it hands on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    format: u32,
    /// The version of the umb that made it.
    umb: String,
    /// The SHA-256 of the function's package.
    function: String,
}

impl Manifest {
    pub(crate) fn new(artifact: &Artifact) -> Self {
        Self {
            format: FORMAT,
            umb: VERSION.to_owned(),
            function: artifact.sha256.clone(),
        }
    }

    pub(crate) fn write(&self, folder: &Path) -> Result<(), Error> {
        let text = serde_json::to_string(self).unwrap_or_default();
        Ok(fs_err::write(folder.join(FILE_NAME), text)?)
    }

    /// Refuses what an umb with a newer format has handed on.
    pub(crate) fn check(folder: &Path) -> Result<(), Error> {
        let path = folder.join(FILE_NAME);
        let text = match fs_err::read_to_string(&path) {
            // umb 0.1 wrote none.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            text => text?,
        };
        match serde_json::from_str::<Self>(&text) {
            Ok(found) if (1..=FORMAT).contains(&found.format) => Ok(()),
            _ => Err(Error::UnknownFormat { path }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_format_is_refused_and_an_older_one_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(Manifest::check(folder.path()).is_ok(), "that of umb 0.1");
        let manifest = Manifest::new(&Artifact::embedded());
        manifest.write(folder.path()).expect("written");
        assert!(Manifest::check(folder.path()).is_ok());
        let newer = Manifest {
            format: FORMAT + 1,
            ..manifest
        };
        newer.write(folder.path()).expect("written");
        let refused = Manifest::check(folder.path());
        assert!(matches!(refused, Err(Error::UnknownFormat { .. })));
    }
}
