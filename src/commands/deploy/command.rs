//! `umb deploy`

use crate::error::Failure;
use crate::settings::Settings;
use crate::ui::Ui;

use super::super::GivenFlags;
use super::super::given_flags::PIPELINE_OPTIONS;
use super::super::interrupt::{Work, attended, stoppable};
use super::super::pipeline::{self, ApprovalsFlag, PipelineDeployOptions, RunnerFlag};
use super::super::plan;
use super::super::target::{CloudStage, Target};
use super::local::LocalOptions;
use super::stage::{Agreed, StageOptions};

/// Deploy a stage, or update a deployed one
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  umb deploy local                    Start the backend on this machine
  umb deploy dev                      Deploy the stage dev on AWS
  umb deploy prod --plan plan.json    Apply exactly a saved plan
  umb deploy pipeline --follow        Deploy the pipeline, and follow it")]
pub(crate) struct DeployArgs {
    /// The stage: local, dev, prod, or one of umb.toml; or `pipeline`
    target: String,
    /// Do not ask before permissions become broader or resources are replaced or deleted
    #[arg(long, short)]
    yes: bool,
    /// Show what happens as JSON Lines
    #[arg(long)]
    pub(in crate::commands) json: bool,
    #[command(flatten)]
    local: LocalOptions,
    #[command(flatten)]
    stage: StageOptions,
    #[command(flatten)]
    pipeline: PipelineFlags,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = PIPELINE_OPTIONS)]
struct PipelineFlags {
    /// Follow the execution that a new or changed pipeline starts
    #[arg(long)]
    follow: bool,
    #[command(flatten)]
    runner: RunnerFlag,
    // For the pipeline's action UpdatePipeline, which must not touch its own roles.
    #[arg(long, hide = true)]
    self_update: bool,
    #[command(flatten)]
    approvals: ApprovalsFlag,
}

impl DeployArgs {
    pub(in crate::commands) async fn run(
        &self,
        settings: &Settings,
        given: &GivenFlags,
        ui: &Ui,
    ) -> Result<(), Failure> {
        let target = Target::parse(&self.target, settings)?;
        given.check(target.kind())?;
        match target {
            Target::All => Err(target.unsupported("deploy", "name a stage, e.g. `umb deploy dev`")),
            Target::Pipeline => {
                let options = PipelineDeployOptions {
                    runner: &self.pipeline.runner,
                    approvals: &self.pipeline.approvals,
                    yes: self.yes,
                    is_self_update: self.pipeline.self_update,
                    follows: self.pipeline.follow,
                };
                stoppable("deploy pipeline", pipeline::deploy(settings, options, ui)).await
            }
            // A server ends by itself at Ctrl-C, after the running requests.
            Target::Local if self.local.foreground => self.local.serve(settings, ui).await,
            Target::Local => stoppable("deploy local", self.local.deploy(settings, ui)).await,
            Target::Cloud(spec) => {
                let plan = self.stage.plan.as_deref();
                let plan = plan
                    .map(|path| plan::load(path, &self.target))
                    .transpose()?;
                let agreed = Agreed {
                    plan,
                    yes: self.yes,
                };
                let target = CloudStage::open(spec).await?;
                let deploy = self.stage.deploy(&target, settings, agreed, ui);
                attended(&target, ui, Work::Deploys, deploy).await
            }
        }
    }
}
