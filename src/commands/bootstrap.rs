//! `umb bootstrap`

use crate::deploy::{self, Cloud};
use crate::error::Failure;
use crate::settings::Settings;
use crate::ui::Ui;

use super::lone;

/// Make the roles with which a pipeline deploys a stage, where the stage is
#[derive(Debug, clap::Args)]
pub(crate) struct BootstrapArgs {
    /// A stage that the pipeline is to deploy: its account and region get the roles
    stage: String,
    /// The account, 12 digits, whose pipeline may use them; else that of [pipeline] in umb.toml, else the stage's
    #[arg(long, value_name = "ACCOUNT", value_parser = account)]
    trust: Option<String>,
    /// Do not ask before permissions become broader or resources are replaced or deleted
    #[arg(long, short)]
    yes: bool,
    /// Show what happens as JSON, an object a line
    #[arg(long)]
    json: bool,
}

fn account(text: &str) -> Result<String, String> {
    let is_account = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_account {
        Ok(text.to_owned())
    } else {
        Err("an account is 12 digits".to_owned())
    }
}

impl BootstrapArgs {
    pub(super) fn is_for_programs(&self) -> bool {
        self.json
    }

    pub(super) async fn run(self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        lone::resumable(self.bootstrap(settings, ui)).await
    }

    async fn bootstrap(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let stage = settings.cloud_stage(&self.stage)?;
        let cloud = Cloud::open(&stage.place).await?;
        let trusted = self
            .trust
            .as_ref()
            .or(settings.pipeline.place.account.as_ref());
        let trusted = trusted.map_or(cloud.account(), String::as_str);
        bring_about(&cloud, settings, trusted, self.yes, ui).await
    }
}

/// Brings the bootstrap stack of the cloud's account and region to what the settings say.
pub(super) async fn bring_about(
    cloud: &Cloud,
    settings: &Settings,
    pipeline_account: &str,
    yes: bool,
    ui: &Ui,
) -> Result<(), Failure> {
    let boundary = settings.boundary.clone();
    let reporter = ui.reporter();
    let prepared =
        deploy::bootstrap(cloud, &settings.app, pipeline_account, boundary, &*reporter).await;
    drop(reporter);
    let deployed = lone::apply(cloud, prepared, yes, ui).await?;
    lone::show(ui, deployed);
    Ok(())
}
