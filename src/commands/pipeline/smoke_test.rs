//! `umb pipeline smoke-test`: what the pipeline tries after a deploy.

use crate::client::Patience;
use crate::error::Failure;
use crate::settings::Settings;
use crate::stage;
use crate::ui::Ui;

use super::super::target::{CloudStage, cloud_stage};

/// Protect a stage that should be protected, and try its API with a temporary user
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  umb pipeline smoke-test prod    Create, read, update and delete a user of prod")]
pub(super) struct SmokeTestArgs {
    /// The stage
    stage: String,
}

impl SmokeTestArgs {
    pub(super) async fn run(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let hints = ["name a stage on AWS", "name a stage that it deploys"];
        let stage = cloud_stage("pipeline smoke-test", &self.stage, settings, hints)?;
        let target = CloudStage::open(stage).await?;
        smoke_test(&target, Patience::DEPLOYMENT, ui).await
    }
}

/// Protects a stage that should be protected, and tries its API.
pub(super) async fn smoke_test(
    target: &CloudStage,
    patience: Patience,
    ui: &Ui,
) -> Result<(), Failure> {
    stage::protect_stage(&target.env, &target.spec).await?;
    let client = target.client().await?;
    client.verify(patience).await?;
    ui.note(&format!("{} works", client.base()));
    let done = |step: &str| ui.note(&format!("a temporary user: {step}"));
    client.smoke_test(done).await?;
    Ok(())
}
