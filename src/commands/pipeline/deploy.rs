//! `umb deploy pipeline`

use crate::aws::AwsEnv;
use crate::error::{Failure, Kind};
use crate::model::{AccountId, Pipeline, RunnerPin};
use crate::pipeline::{self, Execution, PipelineRuns, deployed_runner, trusted_account};
use crate::settings::Settings;
use crate::stack::{StackAction, StackPlan};
use crate::ui::Ui;

use super::super::{app_stack, bootstrap};
use super::follow::{follow, follow_next, report_none_started};
use super::runner_flag::RunnerFlag;
use super::stack::open;

/// How the pipeline is deployed.
#[derive(Debug, Clone, Copy)]
pub(in crate::commands) struct PipelineDeployOptions<'a> {
    /// The umb that its builds run.
    pub(in crate::commands) runner: &'a RunnerFlag,
    pub(in crate::commands) yes: bool,
    /// Whether the pipeline deploys itself: its roles are left alone.
    pub(in crate::commands) is_self_update: bool,
    /// Whether the execution that starts is followed.
    pub(in crate::commands) follows: bool,
}

/// Deploys the pipeline; before it, unless it deploys itself, the roles that it works with.
pub(in crate::commands) async fn deploy(
    settings: &Settings,
    options: PipelineDeployOptions<'_>,
    ui: &Ui,
) -> Result<(), Failure> {
    // A pipeline that deploys itself stays with the umb that it has.
    let runner = if options.is_self_update {
        None
    } else {
        Some(options.runner.read()?)
    };
    let (env, wanted) = open(settings, ui).await?;
    let pin = match &runner {
        Some(runner) => runner.pin(&wanted),
        None => pinned(&env, settings).await?,
    };
    if !options.is_self_update {
        bootstrap::deploy(&env, settings, env.account(), options.yes, ui).await?;
        check_roles(settings, &wanted, ui).await?;
    }
    let runs = PipelineRuns::new(&env, &settings.app);
    // A pipeline that deploys itself may not ask for it, and follows nothing.
    let before = if options.follows {
        runs.latest().await?
    } else {
        None
    };
    let prepared = pipeline::prepare(&env, &wanted, &pin, &*ui.reporter()).await;
    if let (true, Ok(prepared)) = (options.is_self_update, &prepared)
        && let Err(refusal) = refuse_broader(&prepared.plan)
    {
        // The refusal is what matters. A change set that cannot be deleted now goes with the next update.
        let _ = env.discard_change_sets().await;
        return Err(refusal);
    }
    let upload = async || match &runner {
        Some(runner) => runner.publish(&env, &settings.app, &*ui.reporter()).await,
        None => Ok(()),
    };
    let deployed = app_stack::apply(&env, prepared, upload, options.yes, ui).await?;
    let is_changed = deployed.outcome != StackAction::None;
    ui.say(deployed);
    if !options.is_self_update && runs.resume().await? {
        ui.note("a destroy had stopped the pipeline: it takes commits again");
    }
    if options.follows {
        follow_from(settings, &env, before, is_changed, ui).await?;
    }
    Ok(())
}

/// Returns the umb that the deployed pipeline's builds run.
async fn pinned(env: &AwsEnv, settings: &Settings) -> Result<RunnerPin, Failure> {
    let pin = deployed_runner(env, &settings.app).await?;
    pin.ok_or_else(|| {
        Failure::new(
            Kind::Failed,
            "the pipeline is not deployed, or by an umb whose pipeline compiles umb",
        )
        .hint("`umb deploy pipeline`, run by a person, deploys it")
    })
}

/// Follows the execution that a deploy started; if nothing was changed, the execution that was already running.
async fn follow_from(
    settings: &Settings,
    env: &AwsEnv,
    before: Option<Execution>,
    is_changed: bool,
    ui: &Ui,
) -> Result<(), Failure> {
    match before {
        Some(before) if before.status.is_moving() && !is_changed => {
            follow(settings, env, &before.id, ui).await
        }
        _ if !is_changed => {
            report_none_started(ui);
            Ok(())
        }
        before => {
            let before = before.map(|before| before.id);
            follow_next(settings, env, before.as_deref(), ui).await
        }
    }
}

/// Refuses to give the pipeline more permissions because of a commit alone: nobody has looked at them.
fn refuse_broader(plan: &StackPlan) -> Result<(), Failure> {
    if plan.broader.is_empty() {
        return Ok(());
    }
    let all = plan.broader.iter();
    let all: Vec<_> = all
        .map(|broader| format!("{}: {}", broader.logical_id, broader.grants))
        .collect();
    let cause = format!(
        "this commit gives the pipeline more permissions: {}",
        all.join("; ")
    );
    Err(Failure::new(Kind::Failed, cause)
        .hint("`umb deploy pipeline`, run by a person, shows them all, and asks"))
}

/// Checks whether the stages in other accounts have the roles that the pipeline needs there.
async fn check_roles(settings: &Settings, wanted: &Pipeline, ui: &Ui) -> Result<(), Failure> {
    for stage in &wanted.stages {
        if stage.account != wanted.account {
            check_roles_of(settings, stage.name.as_str(), &wanted.account, ui).await?;
        }
    }
    Ok(())
}

/// Checks the roles of one stage, as far as that is possible from here.
async fn check_roles_of(
    settings: &Settings,
    stage: &str,
    pipeline_account: &AccountId,
    ui: &Ui,
) -> Result<(), Failure> {
    let fix = format!("`umb bootstrap {stage} --trust {pipeline_account}` creates the roles there");
    let trusted = async {
        let env = AwsEnv::open(&settings.stage(stage)?.env()).await?;
        Ok::<_, Failure>(trusted_account(&env, &settings.app).await?)
    };
    match trusted.await {
        Ok(Some(trusted)) if trusted == *pipeline_account => Ok(()),
        Ok(trusted) => {
            let problem = trusted.map_or_else(
                || "has no roles for the pipeline yet".to_owned(),
                |other| format!("has roles that trust account {other}, not {pipeline_account}"),
            );
            let cause = format!("the account of the stage {stage} {problem}");
            Err(Failure::new(Kind::Failed, cause).hint(fix))
        }
        Err(failure) => {
            ui.warning(format!(
                "cannot find out whether the stage {stage} has roles for the pipeline: {}; {fix}",
                failure.cause()
            ));
            Ok(())
        }
    }
}
