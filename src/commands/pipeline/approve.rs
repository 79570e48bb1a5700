//! `umb pipeline approve`

use crate::aws::AwsEnv;
use crate::error::Failure;
use crate::pipeline::PipelineRuns;
use crate::settings::Settings;
use crate::ui::Ui;

/// Approve what waits for a person, or reject it, or allow what a commit makes broader
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  umb pipeline approve                            Show it, and approve it
  umb pipeline approve --reject -m 'not today'    Reject it, and say why
  umb pipeline approve --json                     Only show it, as JSON")]
pub(super) struct ApproveArgs {
    /// The stage of the pipeline [default: the only waiting one]
    stage: Option<String>,
    /// Reject it: the execution fails there
    #[arg(long)]
    reject: bool,
    /// Allow the newest execution exactly the refused change with this digest, and retry
    #[arg(long, value_name = "DIGEST", value_parser = digest, conflicts_with_all = ["stage", "reject", "message"])]
    broader: Option<String>,
    /// Why, for the record: up to 512 characters
    #[arg(long, short, default_value = "", hide_default_value = true, value_parser = summary)]
    message: String,
    /// Only show what waits, as a JSON object
    #[arg(long, conflicts_with_all = ["reject", "broader", "message", "yes"])]
    pub(super) json: bool,
    /// Do not ask for confirmation
    #[arg(long, short)]
    yes: bool,
}

/// Checks that a digest is a whole one.
fn digest(text: &str) -> Result<String, String> {
    if text.len() == 32 && text.chars().all(|letter| letter.is_ascii_hexdigit()) {
        Ok(text.to_owned())
    } else {
        Err("not a digest: the hint of the refusal has all its 32 digits".to_owned())
    }
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
        if let Some(digest) = &self.broader {
            return self.allow(&runs, settings, digest, ui).await;
        }
        let waiting = runs.waiting(self.stage.as_deref()).await?;
        if self.json {
            ui.show(&waiting);
            return Ok(());
        }
        let stage = &waiting.stage;
        if !self.yes {
            ui.explain(&waiting);
            let verb = if self.reject { "Reject" } else { "Approve" };
            ui.confirm(&format!("{verb} what waits in {stage}?"))
                .await?;
        }
        let approval = &waiting.approval;
        runs.answer(approval, !self.reject, &self.message).await?;
        let done = if self.reject { "rejected" } else { "approved" };
        ui.note(&format!("{stage}: {done}"));
        Ok(())
    }

    /// Allows the newest execution what its commit makes broader.
    async fn allow(
        &self,
        runs: &PipelineRuns<'_>,
        settings: &Settings,
        digest: &str,
        ui: &Ui,
    ) -> Result<(), Failure> {
        let refused = runs.refused(digest).await?;
        if !self.yes {
            ui.explain(&refused);
            ui.confirm("Allow this execution exactly that?").await?;
        }
        let id = runs.allow(&settings.app, &refused, digest).await?;
        ui.print(&id);
        ui.note(&format!(
            "{}: allowed, and started again; `umb pipeline watch` follows it",
            refused.stage
        ));
        Ok(())
    }
}
