//! `umb local-server`: what `umb deploy local` runs in the background.

use std::path::PathBuf;

use tracing::level_filters::LevelFilter;

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
}

impl LocalServerArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        log_requests();
        Ok(local::serve(&self.folder, self.port).await?)
    }
}

/// Logs requests as the Lambda function does.
pub(super) fn log_requests() {
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_target(false)
        .with_writer(std::io::stderr)
        .with_max_level(LevelFilter::INFO)
        .init();
}
