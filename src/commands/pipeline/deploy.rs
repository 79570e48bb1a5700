//! `umb deploy pipeline`

use crate::aws::AwsEnv;
use crate::error::{Failure, Kind};
use crate::model::{AccountId, Pipeline, RunnerPin, StackRef};
use crate::pipeline::{self, Execution, PipelineRuns, deployed_runner, is_current};
use crate::settings::Settings;
use crate::stack::{StackAction, find_app_stack};
use crate::ui::Ui;

use super::super::doctor::{Findings, before_pipeline};
use super::super::target::announce;
use super::super::{app_stack, bootstrap};
use super::broader::ApprovalsFlag;
use super::follow::{follow, follow_next, report_none_started};
use super::runner_flag::RunnerFlag;
use super::stack::open;

/// How the pipeline is deployed.
#[derive(Debug, Clone, Copy)]
pub(in crate::commands) struct PipelineDeployOptions<'a> {
    /// The umb that its builds run.
    pub(in crate::commands) runner: &'a RunnerFlag,
    /// What people have allowed the commit that the pipeline deploys itself by.
    pub(in crate::commands) approvals: &'a ApprovalsFlag,
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
    announce("the pipeline", &env, ui);
    let pin = match &runner {
        Some(runner) => runner.pin(&wanted),
        None => pinned(&env, settings).await?,
    };
    if !options.is_self_update {
        let findings = before_pipeline(settings, &env, &wanted, &pin.image).await;
        report_problems(findings, options.yes, ui).await?;
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
        && let Err(refusal) = options
            .approvals
            .check(std::slice::from_ref(&prepared.plan))
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

/// Says what would stop the pipeline's executions, before anything is changed; asks whether to go on all the same.
async fn report_problems(mut findings: Findings, yes: bool, ui: &Ui) -> Result<(), Failure> {
    findings.keep_problems();
    if findings.list.is_empty() {
        return Ok(());
    }
    ui.explain(&findings.list);
    if findings.errors() > 0 && !yes {
        ui.confirm("Deploy the pipeline all the same?").await?;
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
    let fix = format!(
        "`umb bootstrap {stage} --trust {pipeline_account}` makes them what the pipeline needs"
    );
    let bootstrap = async {
        let env = AwsEnv::open(&settings.stage(stage)?.env()).await?;
        Ok::<_, Failure>(find_app_stack(&env, StackRef::bootstrap(&settings.app)).await?)
    };
    match bootstrap.await {
        Ok(bootstrap) => {
            let trusted = bootstrap
                .as_ref()
                .and_then(|stack| stack.parameters.pipeline_account.as_ref());
            let problem = match (&bootstrap, trusted) {
                (Some(stack), Some(trusted)) if trusted == pipeline_account => {
                    if is_current(stack) {
                        return Ok(());
                    }
                    "has roles of an older umb".to_owned()
                }
                (_, Some(other)) => {
                    format!("has roles that trust account {other}, not {pipeline_account}")
                }
                _ => "has no roles for the pipeline yet".to_owned(),
            };
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
