//! Brings a stack back to nothing.

use std::collections::BTreeMap;

use crate::aws::cloudformation::{CloudFormation, Stack};

use super::apply::refuse_foreign;
use super::follow::follow;
use super::{Error, Event, Operation, Reporter};

/// Deletes the stack `name`, if it has `tags`; answers whether there was one.
pub(super) async fn destroy(
    cloudformation: &CloudFormation,
    name: &str,
    tags: &BTreeMap<String, String>,
    reporter: &dyn Reporter,
) -> Result<bool, Error> {
    let Some(existing) = cloudformation.stack(name).await? else {
        return Ok(false);
    };
    // A stack that waits for its first change set has no tags yet, and nothing in it.
    if !existing.status.is_in_review() {
        refuse_foreign(&existing, tags)?;
    }
    delete(cloudformation, &existing, reporter).await?;
    Ok(true)
}

/// Deletes a stack that exists, and waits until it is gone.
pub(super) async fn delete(
    cloudformation: &CloudFormation,
    existing: &Stack,
    reporter: &dyn Reporter,
) -> Result<(), Error> {
    let seen = cloudformation.newest_event(&existing.arn).await?;
    reporter.report(Event::StackStarted {
        stack: existing.name.clone(),
        operation: Operation::Delete,
    });
    cloudformation.delete_stack(&existing.arn).await?;
    let ended = follow(cloudformation, existing, seen, reporter).await?;
    reporter.report(Event::StackFinished);
    if ended.stack.status.is_deleted() {
        Ok(())
    } else {
        Err(Error::DestroyFailed {
            stack: existing.name.clone(),
            status: ended.stack.status,
            first: ended.first_failure.map(Box::new),
        })
    }
}
