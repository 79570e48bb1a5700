//! `umb diagnose`

use crate::deploy;
use crate::error::Failure;
use crate::settings::Settings;
use crate::ui::Ui;

use super::stage::CloudStage;

/// Explain how the last operation on a stage ended, even if the stage is deleted
#[derive(Debug, clap::Args)]
pub(crate) struct DiagnoseArgs {
    /// The stage
    stage: String,
    /// Show a JSON array, an object for each stack
    #[arg(long)]
    json: bool,
}

impl DiagnoseArgs {
    pub(super) async fn run(self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let target = CloudStage::open(settings, &self.stage).await?;
        let spec = &target.stage.spec;
        let diagnoses = deploy::diagnose(&target.cloud, &spec.app, &spec.name).await?;
        if diagnoses.is_empty() {
            return Err(target.not_deployed());
        }
        if self.json {
            ui.print_json(&diagnoses);
        } else {
            for diagnosis in &diagnoses {
                ui.diagnosis(diagnosis);
            }
        }
        Ok(())
    }
}
