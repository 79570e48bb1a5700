//! `umb diagnose`

use crate::error::Failure;
use crate::settings::Settings;
use crate::stage;
use crate::ui::Ui;

use super::target::{CloudStage, cloud_stage};

/// Explain how the last operation on a stage ended
///
/// This works for deleted stages too, as long as CloudFormation remembers them (90 days).
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  umb diagnose dev           Show which resource failed first, and why
  umb diagnose dev --json    The same, as JSON")]
pub(crate) struct DiagnoseArgs {
    /// The stage
    stage: String,
    /// Show a JSON array, an object for each stack
    #[arg(long)]
    pub(super) json: bool,
}

impl DiagnoseArgs {
    pub(super) async fn run(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let hints = [
            "`umb status local` shows whether it works",
            "`umb pipeline status` shows how its executions ended, `umb pipeline logs` why",
        ];
        let stage = cloud_stage("diagnose", &self.stage, settings, hints)?;
        let target = CloudStage::open(stage).await?;
        let diagnoses = stage::diagnose(&target.env, target.app(), target.name()).await?;
        if diagnoses.is_empty() {
            return Err(target.not_deployed());
        }
        ui.show(&diagnoses);
        Ok(())
    }
}
