//! What to do about an operation that goes on, or that stopped half-way: watch it, cancel it, roll it
//! back.

use uuid::Uuid;

use crate::aws::cloudformation::{Since, Stack, Status};

use super::follow::follow;
use super::standing::Standing;
use super::{Cloud, Error, Event, Operation, Reporter, destroy};

/// A stack and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Rest {
    pub(crate) stack: String,
    pub(crate) status: Status,
}

/// Follows whatever goes on in a stage to its end; answers where its stacks stand then.
///
/// # Errors
/// When what was followed did not end as it was asked to.
pub(crate) async fn watch(
    cloud: &Cloud,
    standing: Standing,
    reporter: &dyn Reporter,
) -> Result<Vec<Rest>, Error> {
    let mut rests = Vec::new();
    for stack in standing.stacks() {
        let mut rest = Rest::of(stack);
        if stack.status.is_moving() {
            let ended = finish(
                cloud,
                stack,
                Since::LastOperation,
                Operation::Follow,
                reporter,
            );
            let ended = ended.await?;
            if !ended.status.is_success() && !ended.status.is_deleted() {
                return Err(failed(cloud, &ended).await);
            }
            rest = Rest::of(&ended);
        }
        rests.push(rest);
    }
    Ok(rests)
}

/// Cancels the update that goes on in a stage, or deletes the first creation that does, and waits for
/// the end; answers where those stacks stand then.
///
/// # Errors
/// When nothing goes on that can be cancelled.
pub(crate) async fn cancel(
    cloud: &Cloud,
    standing: Standing,
    reporter: &dyn Reporter,
) -> Result<Vec<Rest>, Error> {
    let cloudformation = cloud.cloudformation();
    let mut rests = Vec::new();
    for stack in standing.stacks() {
        if stack.status.is_creating() {
            destroy::delete(cloud, stack, reporter).await?;
            rests.push(Rest {
                stack: stack.name.clone(),
                status: Status::new("DELETE_COMPLETE"),
            });
        } else if stack.status.is_updating() {
            let since = cloudformation.since_now(&stack.arn).await?;
            cloudformation.cancel_update(&stack.arn).await?;
            let ended = finish(cloud, stack, since, Operation::RollBack, reporter).await?;
            rests.push(Rest::of(&ended));
        }
    }
    if rests.is_empty() {
        return Err(nothing_to("cancel", &standing));
    }
    Ok(rests)
}

/// Brings the stacks of a stage that stopped half-way back to what they were: continues a failed
/// rollback, without the resources `skipped`, or rolls back what stopped without one.
///
/// # Errors
/// When no stack needs it, or when the rollback fails again.
pub(crate) async fn roll_back(
    cloud: &Cloud,
    standing: Standing,
    skipped: &[String],
    reporter: &dyn Reporter,
) -> Result<Vec<Rest>, Error> {
    let cloudformation = cloud.cloudformation();
    let token = Uuid::new_v4().to_string();
    let mut rests = Vec::new();
    for stack in standing.stacks() {
        let since = cloudformation.since_now(&stack.arn).await?;
        if stack.status.is_failed_rollback() {
            cloudformation
                .continue_rollback(&stack.arn, skipped, &token)
                .await?;
        } else if stack.status.is_stopped() {
            cloudformation.roll_back(&stack.arn, &token).await?;
        } else {
            continue;
        }
        let ended = finish(cloud, stack, since, Operation::RollBack, reporter).await?;
        if ended.status.is_failure() {
            return Err(failed(cloud, &ended).await);
        }
        rests.push(Rest::of(&ended));
    }
    if rests.is_empty() {
        return Err(nothing_to("roll back", &standing));
    }
    Ok(rests)
}

impl Rest {
    fn of(stack: &Stack) -> Self {
        Self {
            stack: stack.name.clone(),
            status: stack.status.clone(),
        }
    }
}

async fn finish(
    cloud: &Cloud,
    stack: &Stack,
    since: Since,
    operation: Operation,
    reporter: &dyn Reporter,
) -> Result<Stack, Error> {
    reporter.report(Event::StackStarted {
        stack: stack.name.clone(),
        operation,
    });
    let ended = follow(&cloud.cloudformation(), stack, since, reporter).await?;
    reporter.report(Event::StackFinished {
        stack: ended.stack.name.clone(),
        status: ended.stack.status.clone(),
    });
    Ok(ended.stack)
}

async fn failed(cloud: &Cloud, stack: &Stack) -> Error {
    match super::diagnose::of_stack(cloud, stack).await {
        Ok(diagnosis) => Error::StackFailed {
            diagnosis: diagnosis.into(),
        },
        Err(error) => error,
    }
}

fn nothing_to(verb: &'static str, standing: &Standing) -> Error {
    Error::NothingTo {
        verb,
        states: standing
            .stacks()
            .map(|stack| format!("{} is {}", stack.name, stack.status))
            .collect(),
    }
}
