//! `umb drift`

use crate::deploy::{self, Standing};
use crate::error::Failure;
use crate::settings::Settings;
use crate::ui::Ui;

use super::stage::CloudStage;

/// Find what was changed by hand in a stage; `umb deploy --revert-drift` takes it back
#[derive(Debug, clap::Args)]
pub(crate) struct DriftArgs {
    /// The stage
    stage: String,
    /// Exit with 4 if something was changed
    #[arg(long)]
    exit_code: bool,
    /// Show a JSON array, an object for each stack
    #[arg(long)]
    json: bool,
}

impl DriftArgs {
    pub(super) async fn run(self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let target = CloudStage::open(settings, &self.stage).await?;
        let spec = &target.stage.spec;
        let standing = Standing::look(&target.cloud, &spec.app, &spec.name).await?;
        if standing.stacks().next().is_none() {
            return Err(target.not_deployed());
        }
        let drifts = deploy::drift(&target.cloud, &standing).await?;
        if self.json {
            ui.print_json(&drifts);
        } else {
            for drift in &drifts {
                ui.drift(drift);
            }
        }
        let is_drifted = drifts.iter().any(|drift| !drift.resources.is_empty());
        if self.exit_code && is_drifted {
            return Err(Failure::changes());
        }
        Ok(())
    }
}
