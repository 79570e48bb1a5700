//! `umb bootstrap`

use crate::aws::AwsEnv;
use crate::error::Failure;
use crate::model::AccountId;
use crate::pipeline::{prepare_bootstrap, provide_bucket};
use crate::settings::Settings;
use crate::ui::Ui;

use super::app_stack;
use super::interrupt::stoppable;
use super::target::{announce, cloud_stage};

/// Create the roles with which a pipeline deploys a stage
///
/// They are created in the account and region of the stage.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  umb bootstrap prod --trust 111111111111    Trust the pipeline of that account
  umb bootstrap prod --yes                   Trust that of umb.toml")]
pub(crate) struct BootstrapArgs {
    /// A stage that the pipeline will deploy: its account and region get the roles
    stage: String,
    /// The account, 12 digits, whose pipeline may use them [default: that of [pipeline] in umb.toml, the stage's]
    #[arg(long, value_name = "ACCOUNT")]
    trust: Option<AccountId>,
    /// Do not ask before permissions become broader or resources are replaced or deleted
    #[arg(long, short)]
    yes: bool,
    /// Show what happens as JSON Lines
    #[arg(long)]
    pub(super) json: bool,
}

impl BootstrapArgs {
    pub(super) async fn run(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        stoppable("bootstrap", self.bootstrap(settings, ui)).await
    }

    async fn bootstrap(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let hints = [
            "name a stage on AWS",
            "name the stage that the pipeline deploys",
        ];
        let stage = cloud_stage("bootstrap", &self.stage, settings, hints)?;
        let env = AwsEnv::open(&stage.env()).await?;
        announce("the pipeline's roles", &env, ui);
        let trusted = self.trust.as_ref().or(settings.pipeline.account.as_ref());
        deploy(
            &env,
            settings,
            trusted.unwrap_or(env.account()),
            self.yes,
            ui,
        )
        .await
    }
}

/// Deploys the bootstrap stack of an account and region.
pub(super) async fn deploy(
    env: &AwsEnv,
    settings: &Settings,
    trusted: &AccountId,
    yes: bool,
    ui: &Ui,
) -> Result<(), Failure> {
    let boundary = settings.boundary.clone();
    let reporter = ui.reporter();
    let prepared = prepare_bootstrap(env, &settings.app, trusted, boundary, &*reporter).await;
    drop(reporter);
    let provide = async || provide_bucket(env, &settings.app, &*ui.reporter()).await;
    ui.say(app_stack::apply(env, prepared, provide, yes, ui).await?);
    Ok(())
}
