//! `umb artifact`

use std::path::PathBuf;

use crate::artifact::Artifact;
use crate::error::Failure;
use crate::ui::Ui;

/// Write the embedded Lambda function to a file
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  umb artifact --out handler.zip    Write the function that `umb deploy` uploads")]
pub(crate) struct ArtifactArgs {
    /// The zip file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl ArtifactArgs {
    pub(super) fn run(&self, ui: &Ui) -> Result<(), Failure> {
        let Artifact {
            zip,
            sha256,
            architecture,
        } = Artifact::EMBEDDED;
        fs_err::write(&self.out, zip)?;
        ui.note(&format!(
            "{}: {} bytes for {architecture}, SHA-256 {sha256}",
            self.out.display(),
            zip.len(),
        ));
        Ok(())
    }
}
