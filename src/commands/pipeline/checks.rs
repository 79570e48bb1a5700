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
        let guarded = deploy::guard(&target.cloud, &target.stage.spec, CHANGE_SET).await;
        let changes = guarded.map_err(|error| explain(error, &self.stage))?;
        ui.resources(&changes);
        ui.note("no data would be lost");
        Ok(())
    }
}

/// Where the pipeline does not lose data, a person may: with `umb deploy`.
fn explain(error: deploy::Error, stage: &str) -> Failure {
    let lost = match &error {
        deploy::Error::WouldLoseData { logical_id, .. } => Some(logical_id.clone()),
        _ => None,
    };
    let failure = Failure::from(error);
    match lost {
        None => failure,
        Some(lost) => failure.hint(format!(
            "nothing was changed; undo what asks for it. Of a stage that is not protected, `umb deploy {stage} \
             --allow-data-loss {lost}` does it all the same; then `umb pipeline retry`"
        )),
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
