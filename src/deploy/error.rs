//! What a deploy or a destroy can end in, other than well.

use crate::aws::cloudformation::Status;
use crate::{aws, template};

use super::diagnose::Diagnosis;

/// A failed deploy or destroy.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Aws(#[from] aws::Error),
    #[error(transparent)]
    Template(#[from] template::Error),
    #[error("the stage belongs to account {expected}, these credentials to {actual} ({caller})")]
    WrongAccount {
        expected: String,
        actual: String,
        caller: String,
    },
    #[error("{stack} is not umb's: it has not the tags of this stage")]
    Foreign { stack: String },
    #[error("the table {table} is not umb's: it has not the tags of this stage")]
    ForeignTable { table: String },
    #[error("the table {table} of an earlier deploy is there, with {items} users or so")]
    TableIsThere { table: String, items: u64 },
    #[error(
        "the table {table} of an earlier deploy is there, and CodePipeline takes no table over"
    )]
    PipelineAdoptsNothing { table: String, stage: String },
    #[error("S3 has no namespaces of accounts here")]
    NoNamespace,
    #[error("{stack} was deployed by umb {newer}, which is newer than this one ({own})")]
    Downgrade {
        stack: String,
        newer: String,
        own: String,
    },
    #[error(
        "{stack} would lose its data: {logical_id} ({resource_type}) would be replaced or deleted{}",
        because(paths)
    )]
    WouldLoseData {
        stack: String,
        logical_id: String,
        resource_type: String,
        paths: Vec<String>,
    },
    #[error("{stack} is {status}: another run, or a person, changes it just now")]
    Moving { stack: String, status: Status },
    #[error("{stack} was changed by somebody else since the plan was made")]
    Moved { stack: String },
    #[error("the plan does not fit: {reason}")]
    OtherPlan { reason: String },
    #[error("{stack} cannot be updated: it is {status}")]
    NeedsRepair { stack: String, status: Status },
    #[error("there is nothing to {verb}: {}", and(states))]
    NothingTo {
        verb: &'static str,
        states: Vec<String>,
    },
    #[error("whether {stack} has drifted cannot be told: {reason}")]
    DriftUnknown { stack: String, reason: String },
    #[error("the stage {stage} has no function yet")]
    NoFunction { stage: String },
    #[error("the code of {function} could not be updated: {reason}")]
    CodeFailed { function: String, reason: String },
    #[error("the change set of {stack} could not be made: {reason}")]
    ChangeSetFailed { stack: String, reason: String },
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
    DeletedMeanwhile { stack: String },
    #[error("how {stack} goes on cannot be seen any more; CloudFormation goes on all the same")]
    LostSight { stack: String, source: aws::Error },
}

impl Error {
    /// Whether somebody else was faster: what was planned does not fit any more, and another plan may.
    pub(crate) fn is_lost_race(&self) -> bool {
        match self {
            Self::Moved { .. } => true,
            Self::Aws(error) => error.cause() == aws::Cause::Conflict,
            _ => false,
        }
    }
}

fn because(paths: &[String]) -> String {
    if paths.is_empty() {
        String::new()
    } else {
        format!(", because of {}", paths.join(", "))
    }
}

fn and(states: &[String]) -> String {
    if states.is_empty() {
        "no stack is there".to_owned()
    } else {
        states.join(", ")
    }
}
