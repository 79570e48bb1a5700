//! `umb pipeline guard` and `umb pipeline smoke-test`: what the pipeline checks around a deploy.

use crate::commands::stage::CloudStage;
use crate::deploy;
use crate::error::Failure;
use crate::settings::Settings;
use crate::template::CHANGE_SET;
use crate::ui::Ui;

/// Fail if the pipeline's change set of a stage would lose data
#[derive(Debug, clap::Args)]
pub(super) struct GuardArgs {
    /// The stage
    stage: String,
}

impl GuardArgs {
    pub(super) async fn run(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let target = CloudStage::open(settings, &self.stage).await?;
        let changes = deploy::guard(&target.cloud, &target.stage.spec, CHANGE_SET).await?;
        ui.resources(&changes);
        ui.note("no data would be lost");
        Ok(())
    }
}

/// Protect a stage that is to be protected, and try its API with a throw-away user
#[derive(Debug, clap::Args)]
pub(super) struct SmokeTestArgs {
    /// The stage
    stage: String,
}

impl SmokeTestArgs {
    pub(super) async fn run(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let target = CloudStage::open(settings, &self.stage).await?;
        deploy::protect_stage(&target.cloud, &target.stage.spec).await?;
        let client = target.client().await?;
        client.verify().await?;
        ui.note(&format!("{} answers", client.base()));
        client
            .smoke_test(|step| ui.note(&format!("a throw-away user: {step}")))
            .await?;
        Ok(())
    }
}
