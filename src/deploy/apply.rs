//! Brings one stack to what its template says, by a change set.

use std::collections::BTreeMap;

use crate::aws::cloudformation::{ChangeSet, ChangeSetRequest, CloudFormation, Computed, Stack};
use crate::template;
use crate::wait::{self, Pace};

use super::follow::{Ended, follow, newest_event};
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

/// Deploys one stack of the stage `stage`.
pub(super) async fn apply(
    cloudformation: &CloudFormation,
    stage: &str,
    wanted: &template::Stack,
    reporter: &dyn Reporter,
) -> Result<Deployed, Error> {
    let existing = ready(cloudformation, stage, &wanted.name, reporter).await?;
    let change_set = propose(cloudformation, wanted, existing.is_none()).await?;
    let computed = wait::until(Pace::STACK, async || {
        cloudformation.computed(&change_set).await
    });
    match (computed.await?, existing) {
        (Computed::Ready, existing) => {
            let outcome = match existing {
                Some(_) => Outcome::Updated,
                None => Outcome::Created,
            };
            execute(
                cloudformation,
                stage,
                wanted,
                &change_set,
                outcome,
                reporter,
            )
            .await
        }
        (Computed::Empty, Some(existing)) => {
            cloudformation.delete_change_set(&change_set).await?;
            Ok(Deployed {
                stack: wanted.name.clone(),
                outcome: Outcome::Unchanged,
                outputs: existing.outputs,
            })
        }
        (Computed::Empty, None) => Err(failed(stage, wanted, "it would make an empty stack")),
        (Computed::Failed(reason), existing) => {
            cloudformation.delete_change_set(&change_set).await?;
            if existing.is_none() {
                // The stack that CloudFormation made for the change set is a phantom.
                cloudformation.delete_stack(&change_set.stack_arn).await?;
            }
            Err(failed(stage, wanted, &reason))
        }
    }
}

fn failed(stage: &str, wanted: &template::Stack, reason: &str) -> Error {
    Error::ChangeSetFailed {
        stage: stage.to_owned(),
        stack: wanted.name.clone(),
        reason: reason.to_owned(),
    }
}

/// The stack as it is, if there is one to update. What a failed first creation left is cleared away;
/// a stack that only waits for its first change set counts as none.
async fn ready(
    cloudformation: &CloudFormation,
    stage: &str,
    name: &str,
    reporter: &dyn Reporter,
) -> Result<Option<Stack>, Error> {
    let Some(existing) = cloudformation.stack(name).await? else {
        return Ok(None);
    };
    let status = existing.status.clone();
    if status.is_in_review() {
        Ok(None)
    } else if status.is_failed_creation() {
        reporter.report(Event::Warning {
            text: format!("{name} is what a failed first creation left: it is deleted first"),
        });
        destroy::delete(cloudformation, stage, &existing, reporter).await?;
        Ok(None)
    } else if status.is_moving() {
        Err(Error::Busy {
            stack: name.to_owned(),
            status,
        })
    } else if status.is_settled() {
        Ok(Some(existing))
    } else {
        Err(Error::NeedsRepair {
            stage: stage.to_owned(),
            stack: name.to_owned(),
            status,
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
    stage: &str,
    wanted: &template::Stack,
    change_set: &ChangeSet,
    outcome: Outcome,
    reporter: &dyn Reporter,
) -> Result<Deployed, Error> {
    let Some(before) = cloudformation.stack(&change_set.stack_arn).await? else {
        return Err(failed(stage, wanted, "the stack was deleted meanwhile"));
    };
    let seen = newest_event(cloudformation, &before.arn).await;
    reporter.report(Event::StackStarted {
        stack: wanted.name.clone(),
        operation: match outcome {
            Outcome::Created => Operation::Create,
            Outcome::Updated | Outcome::Unchanged => Operation::Update,
        },
    });
    cloudformation.execute_change_set(change_set).await?;
    let resume = format!("umb deploy {stage}");
    let Ended {
        stack,
        first_failure,
    } = follow(cloudformation, &before, seen, &resume, reporter).await?;
    reporter.report(Event::StackFinished);
    if stack.status.is_success() {
        Ok(Deployed {
            stack: wanted.name.clone(),
            outcome,
            outputs: stack.outputs,
        })
    } else {
        Err(Error::StackFailed {
            stage: stage.to_owned(),
            stack: stack.name,
            status: stack.status,
            first: first_failure,
        })
    }
}
