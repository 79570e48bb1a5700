//! `umb pipeline stop`

use crate::aws::AwsEnv;
use crate::error::Failure;
use crate::pipeline::PipelineRuns;
use crate::settings::Settings;
use crate::ui::Ui;

/// Stop an execution
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  umb pipeline stop              Stop it after its running actions
  umb pipeline stop --abandon    Stop it now")]
pub(super) struct StopArgs {
    /// The execution's ID [default: the newest running one]
    execution: Option<String>,
    /// Do not wait for running actions: what they started continues without the pipeline
    #[arg(long)]
    abandon: bool,
}

impl StopArgs {
    pub(super) async fn run(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let env = AwsEnv::open(&settings.pipeline.env()).await?;
        let runs = PipelineRuns::new(&env, &settings.app);
        let id = runs.stop(self.execution.as_deref(), self.abandon).await?;
        ui.note(&format!("the execution {id} is stopping"));
        Ok(())
    }
}
