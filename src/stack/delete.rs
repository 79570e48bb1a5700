//! Deletes stacks.

use uuid::Uuid;

use crate::aws::AwsEnv;
use crate::model::StackRef;

use super::deployed::DeployedStack;
use super::diagnose::explain;
use super::error::Error;
use super::event::{Operation, Reporter};
use super::follow::{Ended, follow_to_end, wait_for_end};
use super::protection;

/// Deletes a stack, protected or not; returns whether there was one.
///
/// # Errors
/// Also when a stack of that name belongs to somebody else.
pub(crate) async fn delete_if_owned(
    env: &AwsEnv,
    id: StackRef,
    reporter: &dyn Reporter,
) -> Result<bool, Error> {
    let Some(mut stack) = DeployedStack::find(env, id).await? else {
        return Ok(false);
    };
    if stack.exists() {
        // An update cannot be interrupted by a deletion.
        stack = wait_for_end(env, stack, reporter).await?;
    }
    if !stack.status().is_deleted() {
        protection::release(env, &stack).await?;
        delete(env, &stack, reporter).await?;
    }
    Ok(true)
}

/// Deletes a stack that exists, and waits until it is gone.
pub(super) async fn delete(
    env: &AwsEnv,
    stack: &DeployedStack,
    reporter: &dyn Reporter,
) -> Result<(), Error> {
    let cloudformation = env.cloudformation();
    let since = cloudformation.since_now(stack.arn()).await?;
    let token = Uuid::new_v4().to_string();
    cloudformation.delete_stack(stack.arn(), &token).await?;
    let Ended { stack, failures } =
        follow_to_end(env, stack, since, Operation::Delete, reporter).await?;
    if stack.status().is_deleted() {
        Ok(())
    } else {
        let diagnosis = explain(env, &stack, failures).await;
        Err(Error::DestroyFailed {
            diagnosis: diagnosis.into(),
        })
    }
}
