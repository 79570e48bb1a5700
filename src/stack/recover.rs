//! What to do about an operation that is running, or that stopped halfway: watch it, cancel it, roll it back.

use uuid::Uuid;

use crate::aws::AwsEnv;
use crate::aws::cloudformation::{Since, Status};
use crate::model::{StackRef, StageName};

use super::delete::delete;
use super::deployed::DeployedStack;
use super::diagnose::diagnose_stack;
use super::error::Error;
use super::event::{Operation, Reporter};
use super::follow::follow_to_end;

/// A stack and its status.
#[derive(Debug, Clone)]
pub(crate) struct StackOutcome {
    pub(crate) stack: StackRef,
    pub(crate) status: Status,
}

impl StackOutcome {
    fn new(stack: &DeployedStack) -> Self {
        Self {
            stack: stack.id.clone(),
            status: stack.status().clone(),
        }
    }
}

/// Follows whatever operation is running on the stacks to its end; returns the status of each stack.
///
/// # Errors
/// When an operation did not succeed.
pub(crate) async fn watch(
    env: &AwsEnv,
    stacks: &[DeployedStack],
    reporter: &dyn Reporter,
) -> Result<Vec<StackOutcome>, Error> {
    let mut outcomes = Vec::new();
    for stack in stacks {
        if !stack.status().is_moving() {
            outcomes.push(StackOutcome::new(stack));
            continue;
        }
        let since = Since::LastOperation;
        let ended = follow_to_end(env, stack, since, Operation::Follow, reporter).await?;
        let status = ended.stack.status();
        if !status.is_success() && !status.is_deleted() {
            return Err(failed(env, &ended.stack).await);
        }
        outcomes.push(StackOutcome::new(&ended.stack));
    }
    Ok(outcomes)
}

/// Cancels running updates, deletes stacks whose first creation is running, and waits for the end; returns the status
/// of each of those stacks.
///
/// # Errors
/// When nothing is running that can be cancelled.
pub(crate) async fn cancel(
    env: &AwsEnv,
    stage: &StageName,
    stacks: &[DeployedStack],
    reporter: &dyn Reporter,
) -> Result<Vec<StackOutcome>, Error> {
    let cloudformation = env.cloudformation();
    let mut outcomes = Vec::new();
    for stack in stacks {
        if stack.status().is_creating() {
            delete(env, stack, reporter).await?;
            outcomes.push(StackOutcome {
                stack: stack.id.clone(),
                status: Status::new("DELETE_COMPLETE"),
            });
        } else if stack.status().is_updating() {
            let since = cloudformation.since_now(stack.arn()).await?;
            cloudformation.cancel_update(stack.arn()).await?;
            let ended = follow_to_end(env, stack, since, Operation::RollBack, reporter).await?;
            outcomes.push(StackOutcome::new(&ended.stack));
        }
    }
    if outcomes.is_empty() {
        return Err(nothing_to("cancel", stage, stacks));
    }
    Ok(outcomes)
}

/// Brings stacks that stopped halfway back to their last working state: continues a failed rollback, without the
/// resources `skipped`, or rolls back an operation that stopped without one.
///
/// # Errors
/// When no stack needs it, or when the rollback fails again.
pub(crate) async fn roll_back(
    env: &AwsEnv,
    stage: &StageName,
    stacks: &[DeployedStack],
    skipped: &[String],
    reporter: &dyn Reporter,
) -> Result<Vec<StackOutcome>, Error> {
    let cloudformation = env.cloudformation();
    let token = Uuid::new_v4().to_string();
    let mut outcomes = Vec::new();
    for stack in stacks {
        let since = cloudformation.since_now(stack.arn()).await?;
        if stack.status().is_failed_rollback() {
            cloudformation
                .continue_rollback(stack.arn(), skipped, &token)
                .await?;
        } else if stack.status().is_stopped() {
            cloudformation.roll_back(stack.arn(), &token).await?;
        } else {
            continue;
        }
        let ended = follow_to_end(env, stack, since, Operation::RollBack, reporter).await?;
        if ended.stack.status().is_failure() {
            return Err(failed(env, &ended.stack).await);
        }
        outcomes.push(StackOutcome::new(&ended.stack));
    }
    if outcomes.is_empty() {
        return Err(nothing_to("roll back", stage, stacks));
    }
    Ok(outcomes)
}

async fn failed(env: &AwsEnv, stack: &DeployedStack) -> Error {
    match diagnose_stack(env, stack).await {
        Ok(diagnosis) => Error::StackFailed {
            diagnosis: diagnosis.into(),
        },
        Err(error) => error,
    }
}

fn nothing_to(verb: &'static str, stage: &StageName, stacks: &[DeployedStack]) -> Error {
    let states = stacks
        .iter()
        .map(|stack| format!("{} is {}", stack.id, stack.status()));
    Error::NothingTo {
        verb,
        stage: stage.clone(),
        states: states.collect(),
    }
}
