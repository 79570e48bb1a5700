//! `umb rollback`

use crate::deploy::{self, Standing};
use crate::error::Failure;
use crate::settings::Settings;
use crate::ui::Ui;

use super::attended::{attended, show};
use super::stage::CloudStage;

/// Bring a stage whose update stopped half-way back to what it was
#[derive(Debug, clap::Args)]
pub(crate) struct RollbackArgs {
    /// The stage
    stage: String,
    /// Go on without this resource, whose rollback failed; it stays as it is
    #[arg(long = "skip", value_name = "LOGICAL_ID")]
    skipped: Vec<String>,
}

impl RollbackArgs {
    pub(super) async fn run(self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let target = CloudStage::open(settings, &self.stage).await?;
        attended(&target, ui, roll_back(&target, &self.skipped, ui)).await
    }
}

async fn roll_back(target: &CloudStage, skipped: &[String], ui: &Ui) -> Result<(), Failure> {
    let spec = &target.stage.spec;
    let standing = Standing::look(&target.cloud, &spec.app, &spec.name).await?;
    show(
        ui,
        &deploy::roll_back(&target.cloud, standing, skipped, &*ui.reporter()).await?,
    );
    Ok(())
}
