//! What an operation on one stack can end in, other than success.

use crate::aws;
use crate::aws::cloudformation::Status;
use crate::model::{StackRef, StageName};
use crate::wait::Outage;

use super::diagnosis::Diagnosis;

/// A failed operation on a stack.
#[derive(Debug, thiserror::Error)]
#[cfg_attr(test, derive(strum::AsRefStr, strum::VariantNames))]
pub(crate) enum Error {
    #[error(transparent)]
    Aws(#[from] aws::Error),
    #[error(
        "{stack} was not created by umb: it lacks this {}'s tags",
        owner(stack)
    )]
    Foreign { stack: StackRef },
    #[error("this region has no account-regional bucket namespace")]
    NoNamespace,
    #[error(
        "{stack} would lose its data: {logical_id} ({resource_type}) would be replaced or deleted{}",
        because(paths)
    )]
    WouldLoseData {
        stack: StackRef,
        logical_id: String,
        resource_type: String,
        paths: Vec<String>,
    },
    #[error("{stack} is {status}: another run, or a person, is changing it")]
    OperationInProgress { stack: StackRef, status: Status },
    #[error("{stack} was changed by somebody else since the plan was made")]
    StackChanged { stack: StackRef },
    #[error("{stack} cannot be updated: it is {status}")]
    NeedsRepair { stack: StackRef, status: Status },
    #[error("there is nothing to {verb}: {}", list(states))]
    NothingTo {
        verb: &'static str,
        stage: StageName,
        states: Vec<String>,
    },
    #[error("drift detection failed for {stack}: {reason}")]
    DriftUnknown { stack: StackRef, reason: String },
    #[error("cannot create a change set for {stack}: {reason}")]
    ChangeSetFailed { stack: StackRef, reason: String },
    #[error("{} failed: {}", diagnosis.stack, diagnosis.status)]
    StackFailed {
        #[source]
        diagnosis: Box<Diagnosis>,
    },
    #[error("{} could not be deleted: {}", diagnosis.stack, diagnosis.status)]
    DestroyFailed {
        #[source]
        diagnosis: Box<Diagnosis>,
    },
    #[error("{stack} was deleted while it was followed")]
    DeletedMeanwhile { stack: StackRef },
    #[error("lost contact with {stack}; CloudFormation keeps working on it")]
    LostContact { stack: StackRef, source: aws::Error },
}

impl Error {
    /// Whether somebody else was faster: what was planned no longer fits, and another plan may.
    pub(crate) fn is_lost_race(&self) -> bool {
        match self {
            Self::StackChanged { .. } => true,
            Self::Aws(error) => error.cause() == aws::Cause::Conflict,
            _ => false,
        }
    }
}

impl Outage for Error {
    fn is_outage(&self) -> bool {
        matches!(self, Self::Aws(error) if error.is_outage())
    }
}

fn owner(stack: &StackRef) -> &'static str {
    match stack.stage() {
        Some(_) => "stage",
        None => "app",
    }
}

fn because(paths: &[String]) -> String {
    if paths.is_empty() {
        String::new()
    } else {
        format!(", because of {}", paths.join(", "))
    }
}

fn list(states: &[String]) -> String {
    if states.is_empty() {
        "no stack exists".to_owned()
    } else {
        states.join(", ")
    }
}
