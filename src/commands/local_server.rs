//! `umb local-server`: what `umb deploy local` runs in the background.

use std::path::PathBuf;

use crate::error::Failure;
use crate::local;

/// Serve a local stage until told to stop
#[derive(Debug, clap::Args)]
pub(crate) struct LocalServerArgs {
    /// The stage's folder
    #[arg(long)]
    folder: PathBuf,
    /// The port, if it matters
    #[arg(long)]
    port: Option<u16>,
    /// Whether to accept only signed requests
    #[arg(long)]
    auth: bool,
}

impl LocalServerArgs {
    pub(super) async fn run(&self) -> Result<(), Failure> {
        Ok(local::serve(&self.folder, self.port, self.auth).await?)
    }
}
