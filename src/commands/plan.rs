//! `umb plan`

use std::path::{Path, PathBuf};

use crate::artifact::Artifact;
use crate::error::Failure;
use crate::settings::Settings;
use crate::stack::StackAction;
use crate::stage::{Plan, Prepared, StageState};
use crate::ui::Ui;

use super::deploy_options::DeployOptions;
use super::given_flags::CLOUD_OPTIONS;
use super::interrupt::{Work, attended, stoppable};
use super::pipeline::RunnerFlag;
use super::target::{CloudStage, Target};
use super::{Exit, GivenFlags, build, pipeline};

/// Show what a deploy would change, and change nothing
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  umb plan dev                     Show what `umb deploy dev` would change
  umb plan prod --out plan.json    Save the plan, for `umb deploy --plan`
  umb plan prod --exit-code        Exit with 4 if anything would change")]
pub(crate) struct PlanArgs {
    /// The stage, or `pipeline`
    target: String,
    /// Exit with 4 if something would change
    #[arg(long)]
    exit_code: bool,
    /// Show the plan as JSON
    #[arg(long)]
    pub(super) json: bool,
    /// Save the plan, for `umb deploy --plan FILE`
    #[arg(long, value_name = "FILE", help_heading = CLOUD_OPTIONS)]
    out: Option<PathBuf>,
    #[command(flatten)]
    options: DeployOptions,
    #[command(flatten)]
    runner: RunnerFlag,
}

impl PlanArgs {
    pub(super) async fn run(
        &self,
        settings: &Settings,
        given: &GivenFlags,
        ui: &Ui,
    ) -> Result<Exit, Failure> {
        let target = Target::parse(&self.target, settings)?;
        match target {
            Target::Local => {
                Err(target.unsupported("plan", "`umb deploy local` starts it if it is not running"))
            }
            Target::All => Err(target.unsupported("plan", "name a stage, e.g. `umb plan dev`")),
            Target::Pipeline => {
                given.check(target.kind())?;
                stoppable("plan pipeline", self.plan_pipeline(settings, ui)).await
            }
            Target::Cloud(stage) => {
                given.check(target.kind())?;
                let target = CloudStage::open(stage).await?;
                attended(
                    &target,
                    ui,
                    Work::Deploys,
                    self.plan_stage(&target, settings, ui),
                )
                .await
            }
        }
    }

    /// What `umb deploy pipeline` would change in the pipeline's own stack.
    async fn plan_pipeline(&self, settings: &Settings, ui: &Ui) -> Result<Exit, Failure> {
        let plan = Box::pin(pipeline::plan(settings, &self.runner, ui)).await?;
        ui.show(&plan);
        let would_change = plan.action != StackAction::None;
        Ok(Exit::changes_if(self.exit_code && would_change))
    }

    async fn plan_stage(
        &self,
        target: &CloudStage,
        settings: &Settings,
        ui: &Ui,
    ) -> Result<Exit, Failure> {
        let artifact = build::function(settings).await?;
        let planned = self.plan(target, &artifact, ui).await;
        // A change set that was only created to find out is deleted again; those of a saved plan are kept.
        let discarded = target.env.discard_change_sets().await;
        let plan = planned?;
        discarded?;
        ui.show(&plan);
        Ok(Exit::changes_if(self.exit_code && !plan.is_empty()))
    }

    async fn plan(
        &self,
        target: &CloudStage,
        artifact: &Artifact,
        ui: &Ui,
    ) -> Result<Plan, Failure> {
        let env = &target.env;
        let state = StageState::look(env, target.app(), target.name()).await?;
        state.refuse_unsettled()?;
        let request = self.options.request(&target.spec, artifact)?;
        let state = state.without_failed_creations();
        let reporter = ui.reporter();
        let Prepared { plan, .. } = Prepared::new(env, &request, state, &*reporter).await?;
        if let Some(path) = &self.out {
            save(&plan, path)?;
            plan.change_sets()
                .for_each(|change_set| env.pending().keep(change_set));
        }
        Ok(plan)
    }
}

fn save(plan: &Plan, path: &Path) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(plan).unwrap_or_default() + "\n";
    Ok(fs_err::write(path, text)?)
}

/// Reads a saved plan.
pub(super) fn load(path: &Path, stage: &str) -> Result<Plan, Failure> {
    let text = fs_err::read_to_string(path)?;
    serde_json::from_str(&text).map_err(|error| {
        Failure::usage(format!("{} is not a plan: {error}", path.display()))
            .hint(format!("make one: `umb plan {stage} --out plan.json`"))
    })
}
