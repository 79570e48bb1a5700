//! `umb pipeline run`

use crate::aws::AwsEnv;
use crate::error::Failure;
use crate::pipeline::PipelineRuns;
use crate::settings::Settings;
use crate::ui::Ui;

use super::follow::report_started;

/// Start an execution of the branch as it is now
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  umb pipeline run            Start an execution
  umb pipeline run --watch    Start one, and follow it")]
pub(super) struct RunArgs {
    /// Follow it until it ends
    #[arg(long)]
    watch: bool,
}

impl RunArgs {
    pub(super) async fn run(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let env = AwsEnv::open(&settings.pipeline.env()).await?;
        let id = PipelineRuns::new(&env, &settings.app).run().await?;
        report_started(settings, &env, &id, self.watch, ui).await
    }
}
