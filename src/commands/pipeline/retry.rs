//! `umb pipeline retry`

use crate::aws::AwsEnv;
use crate::error::Failure;
use crate::pipeline::PipelineRuns;
use crate::settings::Settings;
use crate::ui::Ui;

use super::follow::report_started;

/// Run a failed stage of the pipeline again, with the same commit
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  umb pipeline retry            Run the stage that failed again
  umb pipeline retry --watch    The same, and follow it")]
pub(super) struct RetryArgs {
    /// The stage of the pipeline [default: the one in which the newest execution failed]
    stage: Option<String>,
    /// Follow it until it ends
    #[arg(long)]
    watch: bool,
}

impl RetryArgs {
    pub(super) async fn run(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let env = AwsEnv::open(&settings.pipeline.env()).await?;
        let runs = PipelineRuns::new(&env, &settings.app);
        let id = runs.retry(self.stage.as_deref()).await?;
        report_started(settings, &env, &id, self.watch, ui).await
    }
}
