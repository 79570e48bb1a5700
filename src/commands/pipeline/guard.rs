//! `umb pipeline guard`: what the pipeline checks before it executes a change set.

use crate::error::Failure;
use crate::settings::Settings;
use crate::stack;
use crate::stage;
use crate::template::CHANGE_SET;
use crate::ui::Ui;

use super::super::target::{CloudStage, cloud_stage};
use super::synth::check_handed_on;

/// Fail if the pipeline's change set of a stage would lose data, or be a step back
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

/// Says what a person can do about it, which is not what the pipeline can.
fn explained(error: stage::Error, stage: &str) -> Failure {
    let way_out = match &error {
        stage::Error::Stack(stack::Error::WouldLoseData { logical_id, .. }) => Some(format!(
            "nothing was changed; undo the change that causes it. If the stage is not protected, `umb deploy {stage} \
             --allow-data-loss {logical_id}` makes it anyway; then `umb pipeline retry`"
        )),
        stage::Error::Downgrade { newer, .. } => Some(format!(
            "nothing was changed; `umb deploy pipeline` with umb {newer}, run by a person, makes the pipeline's builds run \
             that"
        )),
        _ => None,
    };
    let failure = Failure::from(error);
    match way_out {
        None => failure,
        Some(way_out) => failure.hint(way_out),
    }
}
