//! `umb pipeline verify`: what the pipeline does after a deploy.

use crate::error::Failure;
use crate::model::Alarm;
use crate::settings::Settings;
use crate::stage;
use crate::ui::Ui;

use super::super::target::{CloudStage, cloud_stage};
use super::smoke_test::smoke_test;
use super::synth::check_handed_on;

/// Try a stage's API as `umb pipeline smoke-test` does, then watch its alarm
#[derive(Debug, clap::Args)]
pub(super) struct VerifyArgs {
    /// The stage
    stage: String,
}

impl VerifyArgs {
    pub(super) async fn run(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let hints = ["name a stage on AWS", "name a stage that it deploys"];
        let stage = cloud_stage("pipeline verify", &self.stage, settings, hints)?;
        check_handed_on(settings)?;
        let target = CloudStage::open(stage).await?;
        smoke_test(&target, ui).await?;
        let Alarm::On(threshold) = target.spec.alarm else {
            ui.note("umb.toml has switched the alarm off: nothing is watched");
            return Ok(());
        };
        let minutes = threshold.minutes.get();
        ui.note(&format!("watching the alarm for {minutes} minutes"));
        if stage::watch_alarm(&target.env, &target.spec, minutes).await? {
            ui.note("it did not go off");
        } else {
            ui.warning(format!("the stage {} has no alarm", target.name()));
        }
        Ok(())
    }
}
