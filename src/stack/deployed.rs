//! A stack of the app's that exists.

use crate::aws::AwsEnv;
use crate::aws::cloudformation::{Stack, Status};
use crate::model::StackRef;
use crate::template::DeployedParameters;

use super::error::Error;

/// A stack of the app's that exists.
#[derive(Debug, Clone)]
pub(crate) struct DeployedStack {
    pub(crate) id: StackRef,
    /// As CloudFormation describes it.
    pub(crate) details: Stack,
    /// What it was deployed with.
    pub(crate) parameters: DeployedParameters,
}

impl DeployedStack {
    pub(crate) fn new(id: StackRef, details: Stack) -> Self {
        Self {
            id,
            parameters: DeployedParameters::parse(&details.parameters),
            details,
        }
    }

    /// Looks the stack up; `None` where there is none. It may wait for its first change set and be empty.
    ///
    /// # Errors
    /// Also when a stack of that name belongs to somebody else.
    pub(crate) async fn find(env: &AwsEnv, id: StackRef) -> Result<Option<Self>, Error> {
        let details = env.cloudformation().stack(&id.name()).await?;
        details
            .map(|details| {
                // A stack that waits for its first change set has no tags yet.
                if details.status.is_in_review() || id.owns(&details.tags) {
                    Ok(Self::new(id.clone(), details))
                } else {
                    Err(Error::Foreign { stack: id.clone() })
                }
            })
            .transpose()
    }

    /// The stack with other details: as it is at another time.
    pub(crate) fn with(&self, details: Stack) -> Self {
        Self::new(self.id.clone(), details)
    }

    pub(crate) fn arn(&self) -> &str {
        &self.details.arn
    }

    pub(crate) fn status(&self) -> &Status {
        &self.details.status
    }

    /// Whether it has been created: it does more than wait for its first change set.
    pub(crate) fn exists(&self) -> bool {
        !self.status().is_in_review()
    }
}
