//! What was done to a stack.

use serde::Serialize;

use crate::stack::StackAction;

/// What was done to a stack, or to the local stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    Created,
    Updated,
    Unchanged,
    Restarted,
    /// Only the function's code was updated.
    Code,
}

impl From<StackAction> for Outcome {
    fn from(action: StackAction) -> Self {
        match action {
            StackAction::Create => Self::Created,
            StackAction::Update => Self::Updated,
            StackAction::None => Self::Unchanged,
        }
    }
}
