//! Brings a stage back to nothing.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::aws::cloudformation::Stack;
use crate::template;

use super::diagnose::explain;
use super::follow::{ended, follow};
use super::standing::refuse_foreign;
use super::{Cloud, Error, Event, Operation, Reporter, asset, protect};

/// Destroys a stage, protected or not: Stateless, which uses the table, then Stateful. Answers the stacks
/// that were there. A table that its template retains stays.
pub(crate) async fn destroy_stage(
    cloud: &Cloud,
    app: &str,
    stage: &str,
    reporter: &dyn Reporter,
) -> Result<Vec<String>, Error> {
    let tags = template::tags(app, stage);
    let mut destroyed = Vec::new();
    for stack in [
        template::stateless_name(app, stage),
        template::stateful_name(app, stage),
    ] {
        if destroy(cloud, &stack, &tags, reporter).await? {
            destroyed.push(stack);
        }
    }
    Ok(destroyed)
}

/// Empties and deletes the app's asset bucket, if it is there.
pub(crate) async fn destroy_bucket(
    cloud: &Cloud,
    app: &str,
    reporter: &dyn Reporter,
) -> Result<(), Error> {
    for bucket in cloud.asset_buckets(app) {
        asset::destroy(&bucket, reporter).await?;
    }
    Ok(())
}

/// Deletes the stack `name`, if it has `tags`; answers whether there was one.
pub(super) async fn destroy(
    cloud: &Cloud,
    name: &str,
    tags: &BTreeMap<String, String>,
    reporter: &dyn Reporter,
) -> Result<bool, Error> {
    let Some(mut existing) = cloud.cloudformation().stack(name).await? else {
        return Ok(false);
    };
    // A stack that waits for its first change set has no tags yet, and nothing in it.
    if !existing.status.is_in_review() {
        refuse_foreign(&existing, tags)?;
        // An update cannot be interrupted by a deletion.
        existing = ended(cloud, existing, reporter).await?;
    }
    if !existing.status.is_deleted() {
        protect::release(cloud, &existing).await?;
        delete(cloud, &existing, reporter).await?;
    }
    Ok(true)
}

/// Deletes a stack that exists, and waits until it is gone.
pub(super) async fn delete(
    cloud: &Cloud,
    existing: &Stack,
    reporter: &dyn Reporter,
) -> Result<(), Error> {
    let cloudformation = cloud.cloudformation();
    let since = cloudformation.since_now(&existing.arn).await?;
    let token = Uuid::new_v4().to_string();
    cloudformation.delete_stack(&existing.arn, &token).await?;
    reporter.report(Event::StackStarted {
        stack: existing.name.clone(),
        operation: Operation::Delete,
    });
    let ended = follow(&cloudformation, existing, since, reporter).await?;
    reporter.report(Event::StackFinished {
        stack: ended.stack.name.clone(),
        status: ended.stack.status.clone(),
    });
    if ended.stack.status.is_deleted() {
        Ok(())
    } else {
        let diagnosis = explain(cloud, &cloudformation, &ended.stack, ended.failures).await;
        Err(Error::DestroyFailed {
            diagnosis: diagnosis.into(),
        })
    }
}
