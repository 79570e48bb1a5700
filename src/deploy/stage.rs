//! A whole stage: its stacks in their order, and what they need before.

use crate::aws::cloudformation::CloudFormation;
use crate::aws::{self, Cause};
use crate::template::{self, Handler};

use super::{Cloud, Deployed, Error, Event, Reporter, apply, asset, destroy};

/// The function's deployment package.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Artifact {
    pub(crate) zip: &'static [u8],
    pub(crate) sha256: &'static str,
    pub(crate) architecture: &'static str,
}

/// Deploys a stage: the artifact, then Stateful, then Stateless. `done` gets each stack as soon as it
/// is as its template says.
pub(crate) async fn deploy_stage(
    cloud: &Cloud,
    stage: &template::Stage,
    artifact: Artifact,
    reporter: &dyn Reporter,
    mut done: impl FnMut(Deployed),
) -> Result<(), Error> {
    let cloudformation = cloud.cloudformation();
    let bucket = cloud.asset_bucket(&stage.app);
    let handler = Handler {
        bucket: bucket.name.clone(),
        key: template::handler_key(artifact.sha256),
        architecture: artifact.architecture.to_owned(),
    };
    asset::publish(&bucket, &handler.key, artifact.zip, reporter).await?;

    let stage = &affordable(cloud, &cloudformation, stage, reporter).await?;
    let stateful = template::stateful(stage)?;
    done(apply::apply(&cloudformation, &stateful, reporter).await?);

    let stateless = template::stateless(stage, &handler)?;
    let mut deployed = apply::apply(&cloudformation, &stateless, reporter).await?;
    deployed.outputs = cloud.reachable(deployed.outputs);
    done(deployed);
    Ok(())
}

/// Destroys a stage: Stateless, which uses the table, then Stateful. Answers the stacks that were
/// there.
pub(crate) async fn destroy_stage(
    cloud: &Cloud,
    app: &str,
    stage: &str,
    reporter: &dyn Reporter,
) -> Result<Vec<String>, Error> {
    let cloudformation = cloud.cloudformation();
    let tags = template::tags(app, stage);
    let mut destroyed = Vec::new();
    for stack in [
        template::stateless_name(app, stage),
        template::stateful_name(app, stage),
    ] {
        if destroy::destroy(&cloudformation, &stack, &tags, reporter).await? {
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
    asset::destroy(&cloud.asset_bucket(app), reporter).await
}

/// The stage without a reservation that the account's quota cannot carry.
async fn affordable(
    cloud: &Cloud,
    cloudformation: &CloudFormation,
    stage: &template::Stage,
    reporter: &dyn Reporter,
) -> Result<template::Stage, Error> {
    let Some(wanted) = stage.reserved_concurrency else {
        return Ok(stage.clone());
    };
    let name = template::stateless_name(&stage.app, &stage.name);
    let existing = cloudformation.stack(&name).await?;
    let held = existing
        .and_then(|stack| stack.parameters.get("ReservedConcurrency")?.parse().ok())
        .unwrap_or(0);
    if held == wanted {
        return Ok(stage.clone());
    }
    let concurrency = match aws::lambda::concurrency(&cloud.session).await {
        Err(error) if error.cause() == Cause::Denied => {
            reporter.report(Event::Warning {
                text: format!("whether the account can reserve concurrency is not known: {error}"),
            });
            return Ok(stage.clone());
        }
        concurrency => concurrency?,
    };
    if concurrency.carries(wanted, held) {
        return Ok(stage.clone());
    }
    reporter.report(Event::Warning {
        text: format!(
            "reserved concurrency {wanted} is left out: the account's quota of {} concurrent \
             executions has {} unreserved, too few to set any aside",
            concurrency.quota, concurrency.unreserved
        ),
    });
    Ok(template::Stage {
        reserved_concurrency: None,
        ..stage.clone()
    })
}
