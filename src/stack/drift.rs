//! Finds what was changed by hand in stacks.

use futures_util::future::try_join_all;
use serde::Serialize;

use crate::aws::AwsEnv;
use crate::aws::cloudformation::DriftedResource;
use crate::model::StackRef;
use crate::wait::{self, Pace};

use super::deployed::DeployedStack;
use super::error::Error;

/// What differs from the template in one stack.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct StackDrift {
    pub(crate) stack: StackRef,
    /// Empty if nothing differs.
    pub(crate) resources: Vec<DriftedResource>,
}

/// Lets CloudFormation detect drift in stacks, in all of them at the same time.
pub(crate) async fn drift(
    env: &AwsEnv,
    stacks: &[DeployedStack],
) -> Result<Vec<StackDrift>, Error> {
    try_join_all(stacks.iter().map(|stack| detect(env, stack))).await
}

async fn detect(env: &AwsEnv, stack: &DeployedStack) -> Result<StackDrift, Error> {
    let cloudformation = env.cloudformation();
    let detection = cloudformation.detect_drift(stack.arn()).await?;
    let detected = wait::until(Pace::STACK, async || {
        cloudformation.drift_detected(&detection).await
    });
    detected.await?.map_err(|reason| Error::DriftUnknown {
        stack: stack.id.clone(),
        reason,
    })?;
    Ok(StackDrift {
        stack: stack.id.clone(),
        resources: cloudformation.drifted_resources(stack.arn()).await?,
    })
}
