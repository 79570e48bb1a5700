//! `umb destroy`

use crate::error::Failure;
use crate::settings::Settings;
use crate::ui::Ui;

use super::super::GivenFlags;
use super::super::given_flags::CLOUD_OPTIONS;
use super::super::interrupt::{Work, attended, stoppable};
use super::super::pipeline;
use super::super::target::{CloudStage, Target};
use super::all::destroy_all;
use super::consent::Consent;
use super::local::destroy_local;
use super::stage::destroy_stage;

/// Destroy a stage with its users, or everything of the app
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  umb destroy dev                   Destroy the stage dev, with its users
  umb destroy prod --delete-data    Destroy a protected stage, and its table too
  umb destroy all                   Destroy everything of the app")]
pub(crate) struct DestroyArgs {
    /// The stage, `pipeline`, or `all` for every stage, the pipeline and what they share
    target: String,
    /// Do not ask for confirmation; not enough for a protected stage
    #[arg(long, short)]
    yes: bool,
    /// Show what happens as JSON Lines
    #[arg(long)]
    pub(in crate::commands) json: bool,
    /// The name of what is destroyed, such as App-Prod, or the app for `all`: confirms without asking
    #[arg(long, value_name = "NAME", help_heading = CLOUD_OPTIONS)]
    confirm: Option<String>,
    /// Also delete the table of a protected stage, with its users
    #[arg(long, help_heading = CLOUD_OPTIONS)]
    delete_data: bool,
}

impl DestroyArgs {
    pub(in crate::commands) async fn run(
        &self,
        settings: &Settings,
        given: &GivenFlags,
        ui: &Ui,
    ) -> Result<(), Failure> {
        let target = Target::parse(&self.target, settings)?;
        given.check(target.kind())?;
        let consent = Consent {
            app: &settings.app,
            yes: self.yes,
            confirm: self.confirm.as_deref(),
            delete_data: self.delete_data,
        };
        match target {
            Target::Local => {
                stoppable("destroy local", destroy_local(settings, self.yes, ui)).await
            }
            Target::Pipeline => {
                let destroy = pipeline::destroy(settings, self.yes, ui);
                stoppable("destroy pipeline", destroy).await
            }
            Target::All => stoppable("destroy all", destroy_all(settings, &consent, ui)).await,
            Target::Cloud(stage) => {
                let target = CloudStage::open(stage).await?;
                attended(
                    &target,
                    ui,
                    Work::Destroys,
                    destroy_stage(&target, &consent, ui),
                )
                .await
            }
        }
    }
}
