//! What an operation reports while it runs.

use serde::Serialize;

use crate::aws::cloudformation::{StackEvent, Status};

/// What is done to a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Operation {
    Create,
    Update,
    Delete,
    RollBack,
    /// Whatever another run, or a person, started.
    Follow,
}

/// What is uploaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Upload {
    /// The function's package.
    Function,
    /// The umb that the pipeline's builds run.
    Runner,
}

/// Something that happened.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Event {
    /// The asset bucket was created.
    BucketCreated { bucket: String },
    /// Something is being uploaded, which may take a while.
    Uploading { what: Upload, bytes: usize },
    /// The function's package was uploaded.
    ArtifactUploaded { bytes: usize },
    /// The umb that the pipeline's builds run was uploaded.
    RunnerUploaded { bytes: usize },
    /// The function's code is being updated, bypassing CloudFormation.
    CodeUpdating { function: String },
    /// An operation on a stack started.
    StackStarted { stack: String, operation: Operation },
    /// Something happened to one of its resources.
    Resource {
        stack: String,
        #[serde(flatten)]
        event: StackEvent,
    },
    /// The operation ended.
    StackFinished { stack: String, status: Status },
    /// A table that belonged to no stack any more was deleted.
    TableDeleted { table: String },
    /// The asset bucket was emptied and deleted.
    BucketDeleted { bucket: String },
    /// Something that is as it should be, and that a person may want otherwise.
    Note { text: String },
    /// The operation continues, but not as requested.
    Warning { text: String },
}

/// Where events go: a terminal, a log, a program or a test.
pub(crate) trait Reporter {
    /// Takes one event.
    fn report(&self, event: Event);
}
