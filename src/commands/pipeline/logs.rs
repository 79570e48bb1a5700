//! `umb pipeline logs`

use crate::aws::AwsEnv;
use crate::error::Failure;
use crate::pipeline::PipelineRuns;
use crate::settings::Settings;
use crate::ui::Ui;

/// Show the log of a build: of the pipeline's UpdatePipeline, Function, Synth, Plan or Stateless.Deploy
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  umb pipeline logs          Show the log of the build that failed first
  umb pipeline logs Synth    Show the log of Synth")]
pub(super) struct LogsArgs {
    /// The action, or its stage of the pipeline [default: the build that failed first, the newest]
    build: Option<String>,
    /// The execution's ID [default: the newest]
    #[arg(long)]
    execution: Option<String>,
}

impl LogsArgs {
    pub(super) async fn run(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let env = AwsEnv::open(&settings.pipeline.env()).await?;
        let runs = PipelineRuns::new(&env, &settings.app);
        let execution = match &self.execution {
            Some(id) => id.clone(),
            None => runs.newest().await?,
        };
        let print = |line: &str| ui.print(line);
        Ok(runs.logs(&execution, self.build.as_deref(), print).await?)
    }
}
