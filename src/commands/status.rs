//! `umb status`

use crate::deploy::{StageStatus, Standing};
use crate::error::Failure;
use crate::settings::{LOCAL, Settings};
use crate::ui::Ui;

use super::stage::CloudStage;

/// Show how stages are: stacks, versions, drift, last change, and whether the API answers
#[derive(Debug, clap::Args)]
pub(crate) struct StatusArgs {
    /// The stage; else all of umb.toml
    stage: Option<String>,
    /// Show a JSON array, an object for each stage
    #[arg(long)]
    json: bool,
}

impl StatusArgs {
    pub(super) async fn run(self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let names = match self.stage {
            Some(name) if name == LOCAL => {
                return Err(Failure::usage("`umb status` is about stages on AWS")
                    .hint("`umb outputs local` shows where the local stage is"));
            }
            Some(name) => vec![name],
            None => settings.cloud_stage_names(),
        };
        let mut stages = Vec::new();
        for name in names {
            let target = CloudStage::open(settings, &name).await?;
            stages.push(status(&target).await?);
        }
        if self.json {
            ui.print_json(&stages);
        } else {
            for stage in &stages {
                ui.status(stage);
            }
        }
        Ok(())
    }
}

async fn status(target: &CloudStage) -> Result<StageStatus, Failure> {
    let spec = &target.stage.spec;
    let standing = Standing::look(&target.cloud, &spec.app, &spec.name).await?;
    let mut status = StageStatus::of(&target.cloud, &spec.name, &standing);
    if let Some(url) = &status.endpoint {
        let checked = target.client_at(url.clone())?.check().await;
        status.healthy = Some(checked.is_ok());
        status.problem = checked.err().map(|error| error.to_string());
    }
    Ok(status)
}
