//! `umb rollback`

use crate::error::Failure;
use crate::settings::Settings;
use crate::stack;
use crate::stage::StageState;
use crate::ui::Ui;

use super::interrupt::{Work, attended};
use super::target::{CloudStage, cloud_stage};

/// Roll back a stage whose update stopped halfway
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  umb rollback dev                         Continue the rollback of dev
  umb rollback dev --skip APIDeployment    Leave out a resource")]
pub(crate) struct RollbackArgs {
    /// The stage
    stage: String,
    /// Leave out this resource, whose rollback failed; it stays as it is
    #[arg(long = "skip", value_name = "LOGICAL_ID")]
    skipped: Vec<String>,
}

impl RollbackArgs {
    pub(super) async fn run(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let hints = [
            "`umb deploy local` starts it again",
            "`umb pipeline rollback` deploys what an earlier execution deployed",
        ];
        let stage = cloud_stage("rollback", &self.stage, settings, hints)?;
        let target = CloudStage::open(stage).await?;
        attended(&target, ui, Work::Deploys, self.roll_back(&target, ui)).await
    }

    async fn roll_back(&self, target: &CloudStage, ui: &Ui) -> Result<(), Failure> {
        let (env, name) = (&target.env, target.name());
        let state = StageState::look(env, target.app(), name).await?;
        let reporter = ui.reporter();
        let outcomes =
            stack::roll_back(env, name, &state.stacks(), &self.skipped, &*reporter).await?;
        drop(reporter);
        for outcome in outcomes {
            ui.say(outcome);
        }
        Ok(())
    }
}
