//! Brings one stack to where it can be changed.

use crate::aws::AwsEnv;

use super::delete::delete;
use super::deployed::DeployedStack;
use super::error::Error;
use super::event::{Event, Reporter};
use super::follow::wait_for_end;

/// Brings a stack, if there is one, to where it can be changed: waits for an operation that is running, perhaps started
/// by another run, and deletes what a failed first creation left.
///
/// # Errors
/// Also when the stack has to be repaired first.
pub(crate) async fn settle(
    env: &AwsEnv,
    stack: Option<DeployedStack>,
    reporter: &dyn Reporter,
) -> Result<Option<DeployedStack>, Error> {
    let Some(stack) = ended(env, stack, reporter).await? else {
        return Ok(None);
    };
    if stack.status().is_failed_creation() {
        reporter.report(Event::Warning {
            text: format!(
                "{} is left over from a failed first creation: deleting it first",
                stack.id
            ),
        });
        delete(env, &stack, reporter).await?;
        return Ok(None);
    }
    Ok(Some(stack))
}

/// Waits for an operation that is running on a stack, if there is one. What a failed first creation left stays.
///
/// # Errors
/// Also when the stack has to be repaired first.
pub(crate) async fn ended(
    env: &AwsEnv,
    stack: Option<DeployedStack>,
    reporter: &dyn Reporter,
) -> Result<Option<DeployedStack>, Error> {
    let Some(stack) = stack else {
        return Ok(None);
    };
    let stack = wait_for_end(env, stack, reporter).await?;
    let status = stack.status();
    if status.is_deleted() {
        Ok(None)
    } else if status.is_settled() || status.is_failed_creation() {
        Ok(Some(stack))
    } else {
        Err(needs_repair(&stack))
    }
}

/// The error for a stack that cannot be updated in its state.
pub(crate) fn needs_repair(stack: &DeployedStack) -> Error {
    Error::NeedsRepair {
        stack: stack.id.clone(),
        status: stack.status().clone(),
    }
}
