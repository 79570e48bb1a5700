//! `umb cancel`

use crate::error::Failure;
use crate::settings::Settings;
use crate::stack;
use crate::stage::StageState;
use crate::ui::Ui;

use super::interrupt::{Work, attended};
use super::target::{CloudStage, cloud_stage};

/// Cancel a running update, or an unfinished first creation
///
/// It waits until the stage is as it was before; what a first creation made is deleted.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  umb cancel dev    Cancel the running update of dev")]
pub(crate) struct CancelArgs {
    /// The stage
    stage: String,
}

impl CancelArgs {
    pub(super) async fn run(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let hints = [
            "`umb status local` shows whether it is running",
            "`umb pipeline stop` stops an execution",
        ];
        let stage = cloud_stage("cancel", &self.stage, settings, hints)?;
        let target = CloudStage::open(stage).await?;
        attended(&target, ui, Work::Deploys, cancel(&target, ui)).await
    }
}

async fn cancel(target: &CloudStage, ui: &Ui) -> Result<(), Failure> {
    let state = StageState::look(&target.env, target.app(), target.name()).await?;
    let reporter = ui.reporter();
    let outcomes = stack::cancel(&target.env, target.name(), &state.stacks(), &*reporter).await?;
    drop(reporter);
    for outcome in outcomes {
        ui.say(outcome);
    }
    Ok(())
}
