//! What a deploy or a destroy can end in, other than well.

use std::fmt;

use crate::aws::cloudformation::Status;
use crate::{aws, template};

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
    #[error(
        "{stack} would lose its data: {logical_id} ({resource_type}) would be replaced or deleted"
    )]
    WouldLoseData {
        stack: String,
        logical_id: String,
        resource_type: String,
    },
    #[error("{stack} cannot be updated: it is {status}")]
    NeedsRepair { stack: String, status: Status },
    #[error("the change set of {stack} could not be made: {reason}")]
    ChangeSetFailed { stack: String, reason: String },
    #[error("{stack} failed: {status}")]
    StackFailed {
        stack: String,
        status: Status,
        #[source]
        first: Option<Box<FirstFailure>>,
    },
    #[error("{stack} could not be deleted: {status}")]
    DestroyFailed {
        stack: String,
        status: Status,
        #[source]
        first: Option<Box<FirstFailure>>,
    },
}

/// The resource whose failure made the others fail, in CloudFormation's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FirstFailure {
    pub(crate) logical_id: String,
    pub(crate) resource_type: String,
    pub(crate) status: Status,
    pub(crate) reason: String,
}

impl fmt::Display for FirstFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            logical_id,
            resource_type,
            status,
            reason,
        } = self;
        write!(
            formatter,
            "{logical_id} ({resource_type}) {status}: {reason}"
        )
    }
}

impl std::error::Error for FirstFailure {}
