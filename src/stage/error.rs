//! What an operation on a stage can end in, other than success.

use crate::model::{StackRef, StageName};
use crate::wait::Outage;
use crate::{aws, stack, template};

/// A failed operation on a stage.
#[derive(Debug, thiserror::Error)]
#[cfg_attr(test, derive(strum::AsRefStr, strum::VariantNames))]
pub(crate) enum Error {
    #[error(transparent)]
    Stack(#[from] stack::Error),
    #[error(transparent)]
    Template(#[from] template::Error),
    #[error("the table {table} was not created by umb: it lacks this stage's tags")]
    ForeignTable { table: String },
    #[error("a table from an earlier deploy already exists: {table} (about {items} users)")]
    TableExists {
        stage: StageName,
        table: String,
        items: u64,
    },
    #[error(
        "a table from an earlier deploy already exists: {table}; CodePipeline cannot import it"
    )]
    PipelineCannotImport { stage: StageName, table: String },
    #[error("{stack} was deployed by umb {newer}, which is newer than this one ({own})")]
    Downgrade {
        stack: StackRef,
        newer: String,
        own: String,
    },
    #[error("{stack} is left over from a failed first creation")]
    Leftover { stack: StackRef },
    #[error(
        "{stack} has changed since this was planned: then {}, now {}",
        listed(planned),
        listed(now)
    )]
    NotAsPlanned {
        stack: String,
        /// The resources that would have changed, and those that would change now.
        planned: Vec<String>,
        now: Vec<String>,
    },
    #[error(
        "the rollback of {stack} would undo what people have decided since: {}",
        undone.join("; ")
    )]
    RollbackUndoes {
        stack: StackRef,
        undone: Vec<String>,
    },
    #[error("the plan does not fit: {reason}")]
    OtherPlan { stage: StageName, reason: String },
    #[error("the stage {stage} has no function yet")]
    NoFunction { stage: StageName },
    #[error("the alarm of the stage {stage} went off: {reason}")]
    AlarmOff { stage: StageName, reason: String },
    #[error("cannot update the code of {function}: {reason}")]
    CodeFailed { function: String, reason: String },
    #[error(
        "the API of {stack} {} who may call it",
        if *is_there { "has another policy than its template about" } else { "lacks its template's policy about" }
    )]
    PolicyDiffers {
        stack: StackRef,
        /// The API's ID.
        api: String,
        /// Whether the template has a policy.
        is_wanted: bool,
        /// Whether the API has one.
        is_there: bool,
    },
}

impl From<aws::Error> for Error {
    fn from(error: aws::Error) -> Self {
        Self::Stack(error.into())
    }
}

impl Error {
    /// Whether somebody else was faster: what was planned no longer fits, and another plan may.
    pub(crate) fn is_lost_race(&self) -> bool {
        matches!(self, Self::Stack(error) if error.is_lost_race())
    }
}

impl Outage for Error {
    fn is_outage(&self) -> bool {
        matches!(self, Self::Stack(error) if error.is_outage())
    }
}

fn listed(resources: &[String]) -> String {
    if resources.is_empty() {
        "nothing".to_owned()
    } else {
        resources.join(", ")
    }
}
