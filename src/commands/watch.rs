//! `umb watch`

use crate::deploy::{self, Standing};
use crate::error::Failure;
use crate::settings::Settings;
use crate::ui::Ui;

use super::attended::{attended, show};
use super::stage::CloudStage;

/// Follow what goes on in a stage, whoever began it, to its end
#[derive(Debug, clap::Args)]
pub(crate) struct WatchArgs {
    /// The stage
    stage: String,
    /// Show what happens as JSON, an object a line
    #[arg(long)]
    json: bool,
}

impl WatchArgs {
    pub(super) fn is_for_programs(&self) -> bool {
        self.json
    }

    pub(super) async fn run(self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let target = CloudStage::open(settings, &self.stage).await?;
        attended(&target, ui, watch(&target, ui)).await
    }
}

async fn watch(target: &CloudStage, ui: &Ui) -> Result<(), Failure> {
    let spec = &target.stage.spec;
    let standing = Standing::look(&target.cloud, &spec.app, &spec.name).await?;
    if standing.stacks().next().is_none() {
        return Err(target.not_deployed());
    }
    show(
        ui,
        &deploy::watch(&target.cloud, standing, &*ui.reporter()).await?,
    );
    Ok(())
}
