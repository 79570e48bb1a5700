//! `umb artifact`

use std::path::PathBuf;

use crate::artifact::Artifact;
use crate::error::Failure;
use crate::ui::Ui;

use super::build;

/// Write the embedded Lambda function to a file
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  umb artifact --out handler.zip    Write the function that umb brings along")]
pub(crate) struct ArtifactArgs {
    /// The zip file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl ArtifactArgs {
    pub(super) fn run(&self, ui: &Ui) -> Result<(), Failure> {
        build::write(&Artifact::embedded(), &self.out, ui)
    }
}
