//! Brings one stack to what its template says, by a change set.

use std::collections::BTreeMap;

use crate::aws::cloudformation::{
    Change, ChangeSet, ChangeSetRequest, CloudFormation, Computed, Stack,
};
use crate::template;
use crate::wait::{self, Pace};

use super::follow::{Ended, follow};
use super::{Error, Event, Operation, Reporter, destroy};

/// A stack that is as its template says.
#[derive(Debug, Clone)]
pub(crate) struct Deployed {
    pub(crate) stack: String,
    pub(crate) outcome: Outcome,
    pub(crate) outputs: BTreeMap<String, String>,
}

/// What it took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Created,
    Updated,
    Unchanged,
}

/// Deploys one stack.
pub(super) async fn apply(
    cloudformation: &CloudFormation,
    wanted: &template::Stack,
    reporter: &dyn Reporter,
) -> Result<Deployed, Error> {
    let existing = ready(cloudformation, wanted, reporter).await?;
    let change_set = propose(cloudformation, wanted, existing.is_none()).await?;
    let computed = wait::until(Pace::STACK, async || {
        cloudformation.computed(&change_set).await
    });
    let refused = match (computed.await?, existing) {
        (Computed::Ready(changes), existing) => {
            let Some(lost) = changes.into_iter().find(is_loss_of_data) else {
                let outcome = match existing {
                    Some(_) => Outcome::Updated,
                    None => Outcome::Created,
                };
                return execute(cloudformation, wanted, &change_set, outcome, reporter).await;
            };
            Error::WouldLoseData {
                stack: wanted.name.clone(),
                logical_id: lost.logical_id,
                resource_type: lost.resource_type,
            }
        }
        (Computed::Empty, Some(existing)) => {
            cloudformation.delete_change_set(&change_set).await?;
            return Ok(Deployed {
                stack: wanted.name.clone(),
                outcome: Outcome::Unchanged,
                outputs: existing.outputs,
            });
        }
        (Computed::Empty, None) => failed(wanted, "it would make an empty stack"),
        (Computed::Failed(reason), _) => failed(wanted, &reason),
    };
    throw_away(cloudformation, &change_set).await?;
    Err(refused)
}

/// Whether a change would lose what only this resource holds.
fn is_loss_of_data(change: &Change) -> bool {
    change.loses_it && template::HOLDS_DATA.contains(&change.resource_type.as_str())
}

/// Deletes a change set that is not to be executed, and with it the stack that was only made for
/// it; one that somebody else has brought to life meanwhile stays.
async fn throw_away(cloudformation: &CloudFormation, change_set: &ChangeSet) -> Result<(), Error> {
    cloudformation.delete_change_set(change_set).await?;
    match cloudformation.stack(&change_set.stack_arn).await? {
        Some(stack) if stack.status.is_in_review() => {
            Ok(cloudformation.delete_stack(&stack.arn).await?)
        }
        _ => Ok(()),
    }
}

fn failed(wanted: &template::Stack, reason: &str) -> Error {
    Error::ChangeSetFailed {
        stack: wanted.name.clone(),
        reason: reason.to_owned(),
    }
}

/// The stack as it is, if there is one to update. What a failed first creation left is cleared away;
/// a stack that only waits for its first change set counts as none; one that is on its way, perhaps
/// from a run that was interrupted, is followed to where it goes.
async fn ready(
    cloudformation: &CloudFormation,
    wanted: &template::Stack,
    reporter: &dyn Reporter,
) -> Result<Option<Stack>, Error> {
    let Some(mut existing) = cloudformation.stack(&wanted.name).await? else {
        return Ok(None);
    };
    if existing.status.is_in_review() {
        return Ok(None);
    }
    refuse_foreign(&existing, &wanted.tags)?;
    if existing.status.is_moving() {
        reporter.report(Event::Warning {
            text: format!(
                "{} is {}: waiting for its end",
                existing.name, existing.status
            ),
        });
        existing = follow(cloudformation, &existing, None, reporter)
            .await?
            .stack;
    }
    if existing.status.is_deleted() {
        Ok(None)
    } else if existing.status.is_failed_creation() {
        reporter.report(Event::Warning {
            text: format!(
                "{} is what a failed first creation left: it is deleted first",
                existing.name
            ),
        });
        destroy::delete(cloudformation, &existing, reporter).await?;
        Ok(None)
    } else if existing.status.is_settled() {
        Ok(Some(existing))
    } else {
        Err(Error::NeedsRepair {
            stack: existing.name,
            status: existing.status,
        })
    }
}

/// Refuses a stack that umb did not make for this stage: its name alone may be anybody's, such as
/// that of the CDK sample, whose stacks are called the same.
pub(super) fn refuse_foreign(
    existing: &Stack,
    tags: &BTreeMap<String, String>,
) -> Result<(), Error> {
    if tags
        .iter()
        .all(|(key, value)| existing.tags.get(key) == Some(value))
    {
        Ok(())
    } else {
        Err(Error::Foreign {
            stack: existing.name.clone(),
        })
    }
}

async fn propose(
    cloudformation: &CloudFormation,
    wanted: &template::Stack,
    is_new: bool,
) -> Result<ChangeSet, Error> {
    Ok(cloudformation
        .create_change_set(&ChangeSetRequest {
            name: &format!("umb-{}", uuid::Uuid::new_v4()),
            stack: &wanted.name,
            is_new,
            template: &wanted.template.to_string(),
            parameters: &wanted.parameters,
            tags: &wanted.tags,
        })
        .await?)
}

async fn execute(
    cloudformation: &CloudFormation,
    wanted: &template::Stack,
    change_set: &ChangeSet,
    outcome: Outcome,
    reporter: &dyn Reporter,
) -> Result<Deployed, Error> {
    let Some(before) = cloudformation.stack(&change_set.stack_arn).await? else {
        return Err(failed(wanted, "the stack was deleted meanwhile"));
    };
    let seen = cloudformation.newest_event(&before.arn).await?;
    reporter.report(Event::StackStarted {
        stack: wanted.name.clone(),
        operation: match outcome {
            Outcome::Created => Operation::Create,
            Outcome::Updated | Outcome::Unchanged => Operation::Update,
        },
    });
    cloudformation.execute_change_set(change_set).await?;
    let Ended {
        stack,
        first_failure,
    } = follow(cloudformation, &before, seen, reporter).await?;
    reporter.report(Event::StackFinished);
    if stack.status.is_success() {
        Ok(Deployed {
            stack: wanted.name.clone(),
            outcome,
            outputs: stack.outputs,
        })
    } else {
        Err(Error::StackFailed {
            stack: stack.name,
            status: stack.status,
            first: first_failure.map(Box::new),
        })
    }
}
