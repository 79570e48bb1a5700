//! Follows an execution of the pipeline.

use crate::aws::AwsEnv;
use crate::error::{Failure, Kind};
use crate::model::{StackRef, StageSpec};
use crate::pipeline::{EndedExecution, FailedAction, PipelineRuns, Status};
use crate::settings::Settings;
use crate::stack::Diagnosis;
use crate::stage;
use crate::ui::Ui;

use super::super::target::CloudStage;

/// Says which execution was started, and follows it if that is wanted.
pub(super) async fn report_started(
    settings: &Settings,
    env: &AwsEnv,
    id: &str,
    follows: bool,
    ui: &Ui,
) -> Result<(), Failure> {
    ui.print(id);
    if follows {
        follow(settings, env, id, ui).await
    } else {
        ui.note("`umb pipeline watch` follows it");
        Ok(())
    }
}

/// Follows the execution that starts after `before`, if one does.
pub(super) async fn follow_next(
    settings: &Settings,
    env: &AwsEnv,
    before: Option<&str>,
    ui: &Ui,
) -> Result<(), Failure> {
    if let Some(next) = PipelineRuns::new(env, &settings.app).next(before).await? {
        return follow(settings, env, &next, ui).await;
    }
    report_none_started(ui);
    Ok(())
}

/// Says that there is nothing to follow.
pub(super) fn report_none_started(ui: &Ui) {
    ui.note("no execution has started: `umb pipeline run` starts one");
}

/// Follows an execution until it ends.
///
/// # Errors
/// When it does not succeed; the cause is that of the action that failed first.
pub(super) async fn follow(
    settings: &Settings,
    env: &AwsEnv,
    id: &str,
    ui: &Ui,
) -> Result<(), Failure> {
    let progress = ui.execution_progress();
    let ended = PipelineRuns::new(env, &settings.app)
        .watch(id, |event| progress.report(&event))
        .await?;
    drop(progress);
    if ended.execution.status == Status::Succeeded {
        ui.note(&format!("the execution {} succeeded", ended.execution.id));
        return Ok(());
    }
    let diagnosis = match &ended.failed {
        Some(failed) => diagnose(settings, failed).await,
        None => None,
    };
    if let Some(diagnosis) = &diagnosis {
        ui.explain(diagnosis);
    }
    Err(unsuccessful(&ended, diagnosis.as_ref()))
}

fn unsuccessful(ended: &EndedExecution, diagnosis: Option<&Diagnosis>) -> Failure {
    let execution = &ended.execution;
    let id = &execution.id;
    let mut cause = match (&ended.failed, &ended.rule) {
        (Some(FailedAction { stage, action, .. }), _) => {
            format!("the execution {id} failed in {stage}, at {action}")
        }
        (None, Some(failed)) => {
            let reason = failed.reason.as_deref().unwrap_or("no reason given");
            let (stage, rule) = (&failed.stage, &failed.rule);
            format!("the execution {id} failed in {stage}, by the rule {rule}: {reason}")
        }
        (None, None) => {
            let status = execution.status.text();
            format!("the execution {id} was not successful: {status}")
        }
    };
    if let Some(reason) = &execution.reason {
        cause = format!("{cause}: {reason}");
    }
    Failure::new(Kind::Failed, cause).hint(next_step(ended, diagnosis))
}

/// Returns what a person can do about an execution that did not succeed.
fn next_step(ended: &EndedExecution, diagnosis: Option<&Diagnosis>) -> String {
    let failed_creation = diagnosis.filter(|diagnosis| diagnosis.status.is_failed_creation());
    if let Some(stage) = failed_creation.and_then(|diagnosis| diagnosis.stack.stage()) {
        return format!(
            "`umb destroy {stage}` removes what the failed creation left; then `umb pipeline retry`"
        );
    }
    let back = if ended.lacks_target {
        "the stage is not rolled back, because nothing has succeeded there since the pipeline was changed"
    } else {
        "`umb pipeline status` shows whether the stage is rolled back"
    };
    format!(
        "`umb pipeline logs` shows the whole log of a build; {back}; `umb pipeline retry` runs what failed again"
    )
}

/// Asks CloudFormation about the stack whose action failed, if these credentials may.
async fn diagnose(settings: &Settings, failed: &FailedAction) -> Option<Diagnosis> {
    let name = failed.stack.as_deref()?;
    let stage = settings.stages().find(|stage| has_stack(stage, name))?;
    let target = CloudStage::open(stage).await.ok()?;
    let diagnoses = stage::diagnose(&target.env, target.app(), target.name()).await;
    let mut diagnoses = diagnoses.unwrap_or_default().into_iter();
    diagnoses.find(|diagnosis| diagnosis.stack.name() == name)
}

fn has_stack(stage: &StageSpec, name: &str) -> bool {
    StackRef::pair(&stage.app, &stage.name)
        .iter()
        .any(|stack| stack.name() == name)
}
