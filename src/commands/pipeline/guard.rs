//! `umb pipeline guard`: what the pipeline checks before it executes a change set.

use crate::error::Failure;
use crate::settings::Settings;
use crate::stack;
use crate::stage;
use crate::template::CHANGE_SET;
use crate::ui::Ui;

use super::super::target::{CloudStage, cloud_stage};
use super::synth::check_handed_on;

/// Fail if the pipeline's change set of a stage would lose data
#[derive(Debug, clap::Args)]
pub(super) struct GuardArgs {
    /// The stage
    stage: String,
}

impl GuardArgs {
    pub(super) async fn run(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let hints = ["name a stage on AWS", "name a stage that it deploys"];
        let stage = cloud_stage("pipeline guard", &self.stage, settings, hints)?;
        check_handed_on(settings)?;
        let target = CloudStage::open(stage).await?;
        let guarded = stage::guard(&target.env, &target.spec, CHANGE_SET).await;
        let changes = guarded.map_err(|error| explained(error, &self.stage))?;
        ui.show(&changes);
        ui.note("no data would be lost");
        Ok(())
    }
}

/// Adds that a person may lose data where the pipeline may not: with `umb deploy`.
fn explained(error: stage::Error, stage: &str) -> Failure {
    let lost = match &error {
        stage::Error::Stack(stack::Error::WouldLoseData { logical_id, .. }) => {
            Some(logical_id.clone())
        }
        _ => None,
    };
    let failure = Failure::from(error);
    match lost {
        None => failure,
        Some(lost) => failure.hint(format!(
            "nothing was changed; undo the change that causes it. If the stage is not protected, `umb deploy {stage} \
             --allow-data-loss {lost}` makes it anyway; then `umb pipeline retry`"
        )),
    }
}
