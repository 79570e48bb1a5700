//! `umb pipeline approve`

use crate::aws::AwsEnv;
use crate::error::Failure;
use crate::pipeline::PipelineRuns;
use crate::settings::Settings;
use crate::ui::Ui;

/// Approve what waits for a person, or reject it
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  umb pipeline approve                            Approve what waits
  umb pipeline approve --reject -m 'not today'    Reject it, and say why")]
pub(super) struct ApproveArgs {
    /// The stage of the pipeline [default: the only waiting one]
    stage: Option<String>,
    /// Reject it: the execution fails there
    #[arg(long)]
    reject: bool,
    /// Why, for the record: up to 512 characters
    #[arg(long, short, default_value = "", hide_default_value = true, value_parser = summary)]
    message: String,
    /// Do not ask for confirmation
    #[arg(long, short)]
    yes: bool,
}

/// Checks the length that CodePipeline allows:
/// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ApprovalResult.html>.
fn summary(text: &str) -> Result<String, String> {
    match text.chars().count() {
        0..=512 => Ok(text.to_owned()),
        count => Err(format!(
            "{count} characters, and CodePipeline takes up to 512"
        )),
    }
}

impl ApproveArgs {
    pub(super) async fn run(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let env = AwsEnv::open(&settings.pipeline.env()).await?;
        let runs = PipelineRuns::new(&env, &settings.app);
        let approval = runs.waiting(self.stage.as_deref()).await?;
        let stage = &approval.stage;
        if !self.yes {
            ui.explain(&runs.status().await?);
            let verb = if self.reject { "Reject" } else { "Approve" };
            ui.confirm(&format!("{verb} what waits in {stage}?"))
                .await?;
        }
        runs.answer(&approval, !self.reject, &self.message).await?;
        let done = if self.reject { "rejected" } else { "approved" };
        ui.note(&format!("{stage}: {done}"));
        Ok(())
    }
}
