//! `umb artifact`

use std::path::PathBuf;

use crate::artifact;
use crate::error::{Failure, FileError};
use crate::ui::Ui;

/// Write the Lambda function that is embedded in this binary to a file
#[derive(Debug, clap::Args)]
pub(crate) struct ArtifactArgs {
    /// The zip file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl ArtifactArgs {
    pub(super) fn run(self, ui: &Ui) -> Result<(), Failure> {
        std::fs::write(&self.out, artifact::ZIP).map_err(|source| FileError {
            verb: "write",
            path: self.out.clone(),
            source,
        })?;
        ui.note(&format!(
            "{}: {} bytes for {}, SHA-256 {}",
            self.out.display(),
            artifact::ZIP.len(),
            artifact::ARCHITECTURE,
            artifact::SHA256
        ));
        Ok(())
    }
}
