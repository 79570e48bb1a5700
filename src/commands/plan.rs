//! `umb plan`

use std::path::{Path, PathBuf};

use crate::deploy::{Plan, Prepared, StackAction, Standing};
use crate::error::{Failure, FileError};
use crate::settings::{PIPELINE, Settings};
use crate::ui::Ui;

use super::attended::{attended, interruptible};
use super::pipeline;
use super::stage::{CloudStage, Deployment};

/// Show what a deploy would change, and change nothing
#[derive(Debug, clap::Args)]
pub(crate) struct PlanArgs {
    /// The stage, or `pipeline`
    target: String,
    /// Save the plan, for `umb deploy --plan FILE`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Exit with 4 if something would change
    #[arg(long)]
    exit_code: bool,
    /// Show the plan as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    deployment: Deployment,
}

impl PlanArgs {
    pub(super) async fn run(self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        if self.target == PIPELINE {
            return interruptible(self.plan_pipeline(settings, ui)).await;
        }
        let target = CloudStage::open(settings, &self.target).await?;
        attended(&target, ui, self.plan_cloud(&target, ui)).await
    }

    /// What `umb deploy pipeline` would change of the pipeline's own stack.
    async fn plan_pipeline(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        if self.out.is_some() || self.deployment.is_special() {
            return Err(Failure::usage(
                "the plan of the pipeline takes no flags but --exit-code and --json",
            ));
        }
        let plan = pipeline::plan(settings, ui).await?;
        if self.json {
            ui.print_json(&plan);
        } else {
            ui.stack_plan(&plan);
        }
        if self.exit_code && plan.action != StackAction::None {
            return Err(Failure::changes());
        }
        Ok(())
    }

    async fn plan_cloud(&self, target: &CloudStage, ui: &Ui) -> Result<(), Failure> {
        let planned = self.plan(target, ui).await;
        // What was made to find out goes again, unless it was saved.
        let tidied = target.cloud.abandon().await;
        let plan = planned?;
        tidied?;
        if self.json {
            ui.print_json(&plan);
        } else {
            ui.plan(&plan);
        }
        if self.exit_code && !plan.is_empty() {
            return Err(Failure::changes());
        }
        Ok(())
    }

    async fn plan(&self, target: &CloudStage, ui: &Ui) -> Result<Plan, Failure> {
        let spec = &target.stage.spec;
        let standing = Standing::look(&target.cloud, &spec.app, &spec.name).await?;
        standing.refuse_unsettled()?;
        let desired = self.deployment.desired(&target.stage)?;
        let standing = standing.without_failed_creations();
        let reporter = ui.reporter();
        let Prepared { plan, .. } =
            Prepared::new(&target.cloud, &desired, standing, &*reporter).await?;
        if let Some(path) = &self.out {
            save(&plan, path)?;
            plan.change_sets()
                .for_each(|change_set| target.cloud.release(change_set));
        }
        Ok(plan)
    }
}

fn save(plan: &Plan, path: &Path) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(plan).unwrap_or_default() + "\n";
    Ok(std::fs::write(path, text).map_err(|source| FileError {
        verb: "write",
        path: path.to_owned(),
        source,
    })?)
}

/// Reads a plan that was saved.
pub(super) fn load(path: &Path) -> Result<Plan, Failure> {
    let text = std::fs::read_to_string(path).map_err(|source| FileError {
        verb: "read",
        path: path.to_owned(),
        source,
    })?;
    serde_json::from_str(&text).map_err(|error| {
        Failure::usage(format!("{} is no plan: {error}", path.display()))
            .hint("make one: `umb plan STAGE --out FILE`")
    })
}
