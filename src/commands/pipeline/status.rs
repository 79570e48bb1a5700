//! `umb pipeline status`

use crate::aws::AwsEnv;
use crate::error::Failure;
use crate::pipeline::PipelineRuns;
use crate::settings::Settings;
use crate::ui::Ui;

/// Show the state of the pipeline: its newest execution, its stages and their actions
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  umb pipeline status           Show what is being deployed
  umb pipeline status --json    The same, as JSON")]
pub(super) struct StatusArgs {
    /// Show a JSON object
    #[arg(long)]
    pub(super) json: bool,
}

impl StatusArgs {
    pub(super) async fn run(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let env = AwsEnv::open(&settings.pipeline.env()).await?;
        ui.show(&PipelineRuns::new(&env, &settings.app).status().await?);
        Ok(())
    }
}
