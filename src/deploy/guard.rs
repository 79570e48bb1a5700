//! What a pipeline checks around change sets that CodePipeline makes and executes.

use crate::aws::cloudformation::Computed;
use crate::template;
use crate::wait::{self, Pace};

use super::plan::{ResourcePlan, refuse_loss, resources};
use super::protect::protect;
use super::{Cloud, Error, retained};

/// Stops the change set `name` of a stage's Stateful that would lose data, or that would make a table which is
/// there already; answers what it would change otherwise.
///
/// # Errors
/// Also when there is no such change set, or CloudFormation could not make it.
pub(crate) async fn guard(
    cloud: &Cloud,
    stage: &template::Stage,
    name: &str,
) -> Result<Vec<ResourcePlan>, Error> {
    let cloudformation = cloud.cloudformation();
    let stack = template::stateful_name(&stage.app, &stage.name);
    let failed = |reason: String| Error::ChangeSetFailed {
        stack: stack.clone(),
        reason,
    };
    let found = cloudformation.change_set(&stack, name).await?;
    let change_set = found.ok_or_else(|| failed(format!("there is none called {name}")))?;
    let computed = wait::until(Pace::STACK, async || {
        cloudformation.computed(&change_set).await
    });
    let changes = match computed.await? {
        Computed::Ready(changes) => resources(changes),
        Computed::Empty => return Ok(Vec::new()),
        Computed::Failed(reason) => return Err(failed(reason)),
    };
    refuse_loss(&stack, &changes)?;
    let there = cloudformation.stack(&change_set.stack_arn).await?;
    let is_new = there.is_none_or(|stack| stack.status.is_in_review());
    if let (true, Some(table)) = (
        is_new,
        retained::table(cloud, &stage.app, &stage.name).await?,
    ) {
        return Err(Error::PipelineAdoptsNothing {
            table: table.name,
            stage: stage.name.clone(),
        });
    }
    Ok(changes)
}

/// Protects the stacks of a stage that is to be protected: what templates cannot say, and CodePipeline does not.
pub(crate) async fn protect_stage(cloud: &Cloud, stage: &template::Stage) -> Result<(), Error> {
    let cloudformation = cloud.cloudformation();
    for name in [
        template::stateful_name(&stage.app, &stage.name),
        template::stateless_name(&stage.app, &stage.name),
    ] {
        if let Some(stack) = cloudformation.stack(&name).await? {
            protect(cloud, &stack, stage.protected, false).await?;
        }
    }
    Ok(())
}
