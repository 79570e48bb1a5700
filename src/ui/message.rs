//! What a command says beside its result: a line of text for a person, an object of JSON Lines for a program.

use serde::Serialize;

use crate::aws::cloudformation::Status;
use crate::model::{StackRef, StageName};
use crate::stack::{Deployed, Outputs, StackOutcome};
use crate::stage::Leftover;

use super::outcome::Outcome;
use super::render;

/// What a command says. `docs/json.md` lists the JSON.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Message {
    /// A stack, or the local stage, is up to date.
    Deployed {
        stack: String,
        outcome: Outcome,
        outputs: Outputs,
    },
    /// A stack, or the local stage, is gone.
    Destroyed { stack: String },
    /// The status of a stack.
    Stack { stack: StackRef, status: Status },
    /// A result in words.
    Note { text: String },
    /// The command continues, but not as requested.
    Warning { text: String },
    /// What still exists of a stage, and costs money.
    #[serde(rename = "remnants")]
    Leftovers {
        stage: StageName,
        #[serde(rename = "remnants")]
        leftovers: Vec<Leftover>,
    },
}

/// Where a message goes for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stream {
    Stdout,
    Stderr,
}

impl Message {
    /// The message for a person; `None` where there is nothing to say.
    pub(super) fn text(&self) -> Option<(Stream, String)> {
        Some(match self {
            Self::Deployed {
                stack,
                outcome,
                outputs,
            } => (Stream::Stdout, render::deployed(stack, *outcome, outputs)),
            Self::Destroyed { stack } => (Stream::Stdout, format!("{stack} is destroyed")),
            Self::Stack { stack, status } => (Stream::Stdout, format!("{stack}  {status}")),
            Self::Note { text } => (Stream::Stdout, text.clone()),
            Self::Warning { text } => (Stream::Stderr, render::warning(text)),
            Self::Leftovers { leftovers, .. } if leftovers.is_empty() => return None,
            Self::Leftovers { stage, leftovers } => {
                (Stream::Stderr, render::leftovers(stage, leftovers))
            }
        })
    }
}

impl From<Deployed> for Message {
    fn from(deployed: Deployed) -> Self {
        Self::Deployed {
            outputs: [(deployed.stack.clone(), deployed.outputs)].into(),
            outcome: deployed.outcome.into(),
            stack: deployed.stack,
        }
    }
}

impl From<StackOutcome> for Message {
    fn from(outcome: StackOutcome) -> Self {
        Self::Stack {
            stack: outcome.stack,
            status: outcome.status,
        }
    }
}
