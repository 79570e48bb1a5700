//! `umb pipeline watch`

use crate::aws::AwsEnv;
use crate::error::Failure;
use crate::pipeline::PipelineRuns;
use crate::settings::Settings;
use crate::ui::Ui;

use super::follow::follow;

/// Follow an execution of the pipeline until it ends
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  umb pipeline watch           Follow the newest execution
  umb pipeline watch --json    The same, as JSON")]
pub(super) struct WatchArgs {
    /// The execution's ID [default: the newest]
    execution: Option<String>,
    /// Show what happens as JSON Lines
    #[arg(long)]
    pub(super) json: bool,
}

impl WatchArgs {
    pub(super) async fn run(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let env = AwsEnv::open(&settings.pipeline.env()).await?;
        let id = match &self.execution {
            Some(id) => id.clone(),
            None => PipelineRuns::new(&env, &settings.app).newest().await?,
        };
        follow(settings, &env, &id, ui).await
    }
}
