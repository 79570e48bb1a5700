//! `umb watch`

use crate::error::Failure;
use crate::settings::Settings;
use crate::stack;
use crate::stage::StageState;
use crate::ui::Ui;

use super::interrupt::{Work, attended};
use super::target::{CloudStage, cloud_stage};

/// Follow a running operation on a stage, whoever started it
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  umb watch dev           Follow the running deploy of dev
  umb watch dev --json    The same, as JSON")]
pub(crate) struct WatchArgs {
    /// The stage
    stage: String,
    /// Show what happens as JSON Lines
    #[arg(long)]
    pub(super) json: bool,
}

impl WatchArgs {
    pub(super) async fn run(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let hints = [
            "`umb status local` shows whether it works",
            "`umb pipeline watch` follows it",
        ];
        let stage = cloud_stage("watch", &self.stage, settings, hints)?;
        let target = CloudStage::open(stage).await?;
        attended(&target, ui, Work::Deploys, watch(&target, ui)).await
    }
}

async fn watch(target: &CloudStage, ui: &Ui) -> Result<(), Failure> {
    let state = StageState::look(&target.env, target.app(), target.name()).await?;
    if !state.is_deployed() {
        return Err(target.not_deployed());
    }
    let reporter = ui.reporter();
    let outcomes = stack::watch(&target.env, &state.stacks(), &*reporter).await?;
    drop(reporter);
    for outcome in outcomes {
        ui.say(outcome);
    }
    Ok(())
}
