//! Why the last operation on a stage failed.

use crate::aws::AwsEnv;
use crate::model::{App, StackRef, StageName};
use crate::stack::{DeployedStack, Diagnosis, diagnose_stack};

use super::error::Error;

/// Explains how the last operation on each of a stage's stacks ended. That includes deleted ones, as long as
/// CloudFormation remembers them (90 days).
pub(crate) async fn diagnose(
    env: &AwsEnv,
    app: &App,
    stage: &StageName,
) -> Result<Vec<Diagnosis>, Error> {
    let cloudformation = env.cloudformation();
    let mut found = Vec::new();
    for id in StackRef::pair(app, stage) {
        let name = id.name();
        let details = match cloudformation.stack(&name).await? {
            Some(details) => Some(details),
            None => match cloudformation.deleted_stack(&name).await? {
                Some(arn) => cloudformation.stack(&arn).await?,
                None => None,
            },
        };
        if let Some(details) = details {
            found.push(diagnose_stack(env, &DeployedStack::new(id, details)).await?);
        }
    }
    Ok(found)
}
