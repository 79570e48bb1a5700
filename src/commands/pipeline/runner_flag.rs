//! The flag that names the umb of the pipeline's builds.

use std::path::PathBuf;

use crate::error::Failure;
use crate::pipeline::Runner;

use super::super::given_flags::PIPELINE_OPTIONS;

/// The flag that names the umb of the pipeline's builds.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = PIPELINE_OPTIONS)]
pub(in crate::commands) struct RunnerFlag {
    /// The umb for Linux that the pipeline's builds run, of this version [default: this umb]
    #[arg(long, value_name = "FILE")]
    runner: Option<PathBuf>,
}

impl RunnerFlag {
    /// Reads that umb.
    pub(in crate::commands) fn read(&self) -> Result<Runner, Failure> {
        Ok(Runner::read(self.runner.as_deref())?)
    }
}
