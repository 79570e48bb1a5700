//! `umb pipeline rollback`

use crate::aws::AwsEnv;
use crate::error::Failure;
use crate::pipeline::PipelineRuns;
use crate::settings::Settings;
use crate::ui::Ui;

use super::follow::report_started;

/// Deploy a stage's API and function as an earlier execution did; its table stays as it is
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  umb pipeline rollback prod            Go back by one successful execution
  umb pipeline rollback prod --to ID    Go back to this execution")]
pub(super) struct RollbackArgs {
    /// The stage, or its name in the pipeline
    stage: String,
    /// The execution to go back to [default: the one before the newest successful one]
    #[arg(long, value_name = "EXECUTION")]
    to: Option<String>,
    /// Follow it until it ends
    #[arg(long)]
    watch: bool,
    /// Do not ask for confirmation
    #[arg(long, short)]
    yes: bool,
}

impl RollbackArgs {
    pub(super) async fn run(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let stage = &self.stage;
        let env = AwsEnv::open(&settings.pipeline.env()).await?;
        if !self.yes {
            let question = format!("Roll back the API and the function of {stage}?");
            ui.confirm(&question).await?;
        }
        let runs = PipelineRuns::new(&env, &settings.app);
        let id = runs.roll_back(stage, self.to.as_deref()).await?;
        report_started(settings, &env, &id, self.watch, ui).await
    }
}
