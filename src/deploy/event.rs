//! What the engine tells while it works.

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
    /// Whatever another run, or a person, has begun.
    Follow,
}

/// Something worth telling.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Event {
    /// The asset bucket was made.
    BucketCreated { bucket: String },
    /// The function's artifact was uploaded.
    ArtifactUploaded { bytes: usize },
    /// The function gets another code, directly.
    CodeUpdating { function: String },
    /// An operation on a stack began.
    StackStarted { stack: String, operation: Operation },
    /// Something happened to one of its resources.
    Resource {
        stack: String,
        #[serde(flatten)]
        event: StackEvent,
    },
    /// The operation ended.
    StackFinished { stack: String, status: Status },
    /// A table that no stack has any more was deleted.
    TableDeleted { table: String },
    /// The asset bucket was emptied and deleted.
    BucketDeleted { bucket: String },
    /// Something that goes on, but not as asked.
    Warning { text: String },
}

/// Where events go: a terminal, a log, or a test.
pub(crate) trait Reporter {
    /// Takes one event.
    fn report(&self, event: Event);
}
