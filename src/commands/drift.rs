//! `umb drift`

use crate::error::Failure;
use crate::settings::Settings;
use crate::stack;
use crate::stage::StageState;
use crate::ui::Ui;

use super::Exit;
use super::target::{CloudStage, cloud_stage};

/// Find what was changed by hand in a stage
///
/// `umb deploy --revert-drift` changes it back.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  umb drift dev                Show what was changed by hand
  umb drift dev --exit-code    Exit with 4 if anything was: for scripts")]
pub(crate) struct DriftArgs {
    /// The stage
    stage: String,
    /// Exit with 4 if something was changed
    #[arg(long)]
    exit_code: bool,
    /// Show a JSON array, an object for each stack
    #[arg(long)]
    pub(super) json: bool,
}

impl DriftArgs {
    pub(super) async fn run(&self, settings: &Settings, ui: &Ui) -> Result<Exit, Failure> {
        let hints = [
            "only umb changes it, so it cannot drift",
            "`umb plan pipeline` shows what a deploy would change",
        ];
        let stage = cloud_stage("drift", &self.stage, settings, hints)?;
        let target = CloudStage::open(stage).await?;
        let state = StageState::look(&target.env, target.app(), target.name()).await?;
        if !state.is_deployed() {
            return Err(target.not_deployed());
        }
        let drifts = stack::drift(&target.env, &state.stacks()).await?;
        ui.show(&drifts);
        let has_drifted = drifts.iter().any(|drift| !drift.resources.is_empty());
        Ok(Exit::changes_if(self.exit_code && has_drifted))
    }
}
