//! What a pipeline checks around the change sets that CodePipeline creates and executes.

use crate::aws::AwsEnv;
use crate::aws::cloudformation::Computed;
use crate::model::{StackRef, StageSpec};
use crate::stack::{self, DeployedStack, ResourcePlan, plan_resources, protect, refuse_loss};
use crate::wait::{self, Pace};

use super::error::Error;
use super::plan::refuse_downgrade;
use super::retained_table::stage_table;

/// Refuses the change set `name` of a stage's Stateful if it would lose data, or create a table that already exists, or if
/// a newer umb deployed the stage last; returns what it would change otherwise.
///
/// # Errors
/// Also when there is no such change set, or CloudFormation could not create it.
pub(crate) async fn guard(
    env: &AwsEnv,
    stage: &StageSpec,
    name: &str,
) -> Result<Vec<ResourcePlan>, Error> {
    for id in StackRef::pair(&stage.app, &stage.name) {
        refuse_downgrade(DeployedStack::find(env, id).await?.as_ref())?;
    }
    let cloudformation = env.cloudformation();
    let stack = StackRef::stateful(&stage.app, &stage.name);
    let failed = |reason: String| stack::Error::ChangeSetFailed {
        stack: stack.clone(),
        reason,
    };
    let found = cloudformation.change_set(&stack.name(), name).await?;
    let change_set = found.ok_or_else(|| failed(format!("there is no change set {name}")))?;
    let computed = wait::until(Pace::STACK, async || {
        cloudformation.computed(&change_set).await
    });
    let changes = match computed.await? {
        Computed::Ready(changes) => plan_resources(changes),
        Computed::Empty => return Ok(Vec::new()),
        Computed::Failed(reason) => return Err(failed(reason).into()),
    };
    refuse_loss(&stack, &changes)?;
    let existing = cloudformation.stack(&change_set.stack_arn).await?;
    let is_new = existing.is_none_or(|stack| stack.status.is_in_review());
    if let (true, Some(table)) = (is_new, stage_table(env, stage).await?) {
        return Err(Error::PipelineCannotImport {
            stage: stage.name.clone(),
            table: table.name,
        });
    }
    Ok(changes)
}

/// Protects the stacks of a stage that should be protected: what templates cannot say, and CodePipeline does not do.
pub(crate) async fn protect_stage(env: &AwsEnv, stage: &StageSpec) -> Result<(), Error> {
    for id in StackRef::pair(&stage.app, &stage.name) {
        if let Some(stack) = DeployedStack::find(env, id).await? {
            protect(env, &stack, stage.protected, false).await?;
        }
    }
    Ok(())
}
