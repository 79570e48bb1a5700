//! `umb cancel`

use crate::deploy::{self, Standing};
use crate::error::Failure;
use crate::settings::Settings;
use crate::ui::Ui;

use super::attended::{attended, show};
use super::stage::CloudStage;

/// Cancel the update of a stage that goes on, or delete its half-made first creation
#[derive(Debug, clap::Args)]
pub(crate) struct CancelArgs {
    /// The stage
    stage: String,
}

impl CancelArgs {
    pub(super) async fn run(self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let target = CloudStage::open(settings, &self.stage).await?;
        attended(&target, ui, cancel(&target, ui)).await
    }
}

async fn cancel(target: &CloudStage, ui: &Ui) -> Result<(), Failure> {
    let spec = &target.stage.spec;
    let standing = Standing::look(&target.cloud, &spec.app, &spec.name).await?;
    show(
        ui,
        &deploy::cancel(&target.cloud, standing, &*ui.reporter()).await?,
    );
    Ok(())
}
