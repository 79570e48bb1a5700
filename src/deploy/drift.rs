//! Finds what was changed by hand in a stage.

use serde::Serialize;

use crate::aws::cloudformation::{CloudFormation, DriftedResource, Stack};
use crate::wait::{self, Pace};

use super::{Cloud, Error, Standing};

/// What is not as its template says in one stack.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct StackDrift {
    pub(crate) stack: String,
    /// Empty where all is as it should be.
    pub(crate) resources: Vec<DriftedResource>,
}

/// Lets CloudFormation look for drift in a stage's stacks, both at once.
pub(crate) async fn drift(cloud: &Cloud, standing: &Standing) -> Result<Vec<StackDrift>, Error> {
    let cloudformation = cloud.cloudformation();
    let looked = tokio::try_join!(
        of_stack(&cloudformation, standing.stateful.as_ref()),
        of_stack(&cloudformation, standing.stateless.as_ref()),
    )?;
    Ok([looked.0, looked.1].into_iter().flatten().collect())
}

async fn of_stack(
    cloudformation: &CloudFormation,
    stack: Option<&Stack>,
) -> Result<Option<StackDrift>, Error> {
    let Some(stack) = stack else {
        return Ok(None);
    };
    let detection = cloudformation.detect_drift(&stack.arn).await?;
    let detected = wait::until(Pace::STACK, async || {
        cloudformation.drift_detected(&detection).await
    });
    detected.await?.map_err(|reason| Error::DriftUnknown {
        stack: stack.name.clone(),
        reason,
    })?;
    Ok(Some(StackDrift {
        stack: stack.name.clone(),
        resources: cloudformation.drifted_resources(&stack.arn).await?,
    }))
}
