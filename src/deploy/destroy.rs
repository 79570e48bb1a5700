//! Brings a stack back to nothing.

use crate::aws::cloudformation::{CloudFormation, Stack};

use super::follow::{follow, newest_event};
use super::{Error, Event, Operation, Reporter};

/// Deletes the stack `name` of the stage `stage`; answers whether there was one.
pub(super) async fn destroy(
    cloudformation: &CloudFormation,
    stage: &str,
    name: &str,
    reporter: &dyn Reporter,
) -> Result<bool, Error> {
    let Some(existing) = cloudformation.stack(name).await? else {
        return Ok(false);
    };
    delete(cloudformation, stage, &existing, reporter).await?;
    Ok(true)
}

/// Deletes a stack that exists, and waits until it is gone.
pub(super) async fn delete(
    cloudformation: &CloudFormation,
    stage: &str,
    existing: &Stack,
    reporter: &dyn Reporter,
) -> Result<(), Error> {
    let seen = newest_event(cloudformation, &existing.arn).await;
    reporter.report(Event::StackStarted {
        stack: existing.name.clone(),
        operation: Operation::Delete,
    });
    cloudformation.delete_stack(&existing.arn).await?;
    let resume = format!("umb destroy {stage}");
    let ended = follow(cloudformation, existing, seen, &resume, reporter).await?;
    reporter.report(Event::StackFinished);
    if ended.stack.status.is_deleted() {
        Ok(())
    } else {
        Err(Error::DestroyFailed {
            stage: stage.to_owned(),
            stack: existing.name.clone(),
            status: ended.stack.status,
            first: ended.first_failure,
        })
    }
}
