//! How a pipeline stands, and what happens in it, as people and programs are told.

use std::collections::HashMap;

use aws_smithy_types::date_time::Format;
use serde::{Deserialize, Serialize};

use crate::aws::codepipeline::{self, ActionExecution, ActionState, StageState};
use crate::template;

/// What does the action that a person answers.
const APPROVAL: &str = "Manual";

/// A pipeline as it stands.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PipelineStatus {
    pub(crate) pipeline: String,
    pub(crate) account: String,
    pub(crate) region: String,
    /// The newest execution; none where there was none yet.
    pub(crate) execution: Option<Execution>,
    pub(crate) stages: Vec<Stage>,
}

/// An execution.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Execution {
    pub(crate) id: String,
    pub(crate) status: Status,
    /// When it began (RFC 3339), where that was asked.
    pub(crate) started: Option<String>,
    /// What began it, as CodePipeline calls it.
    pub(crate) trigger: Option<String>,
    /// The commit that it deploys, and what its author says of it.
    pub(crate) commit: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) author: Option<String>,
    /// The execution to whose artifacts it takes a stage back, where that is all that it does.
    pub(crate) rolls_back_to: Option<String>,
    /// Why it ended so, where CodePipeline says it.
    pub(crate) reason: Option<String>,
}

/// A stage of the pipeline.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Stage {
    pub(crate) name: String,
    pub(crate) status: Option<Status>,
    pub(crate) execution: Option<String>,
    /// Why no execution goes into it.
    pub(crate) closed: Option<String>,
    /// What the condition of its success or failure found.
    pub(crate) condition: Option<String>,
    pub(crate) actions: Vec<Action>,
}

/// An action of a stage, as it ran last.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Action {
    pub(crate) name: String,
    pub(crate) status: Option<Status>,
    pub(crate) summary: Option<String>,
    /// What an approval is answered with.
    #[serde(skip)]
    pub(super) token: Option<String>,
}

/// Where an execution, a stage or an action stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    InProgress,
    Stopping,
    Succeeded,
    Failed,
    Stopped,
    /// Overtaken by a newer execution.
    Superseded,
    Cancelled,
    Abandoned,
    Skipped,
    /// One that this umb does not know.
    Unknown,
}

impl Status {
    pub(super) fn of(text: &str) -> Self {
        match text {
            "InProgress" => Self::InProgress,
            "Stopping" => Self::Stopping,
            "Succeeded" => Self::Succeeded,
            "Failed" => Self::Failed,
            "Stopped" => Self::Stopped,
            "Superseded" => Self::Superseded,
            "Cancelled" => Self::Cancelled,
            "Abandoned" => Self::Abandoned,
            "Skipped" => Self::Skipped,
            _ => Self::Unknown,
        }
    }

    /// What people call it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::InProgress => "in progress",
            Self::Stopping => "stopping",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
            Self::Superseded => "superseded",
            Self::Cancelled => "cancelled",
            Self::Abandoned => "abandoned",
            Self::Skipped => "skipped",
            Self::Unknown => "unknown",
        }
    }

    /// Whether it goes on.
    pub(crate) fn is_moving(self) -> bool {
        matches!(self, Self::InProgress | Self::Stopping | Self::Unknown)
    }
}

/// What happens while an execution is followed.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Event {
    /// An execution is followed from here on; of a rollback, or of a newer one that overtook the last.
    Execution(Execution),
    /// An action began or ended.
    Action {
        execution: String,
        stage: String,
        action: String,
        status: Status,
        /// How long it took so far.
        seconds: Option<u64>,
        /// What it says of itself, or why it failed.
        message: Option<String>,
        /// Whether it waits for a person.
        waits: bool,
    },
    /// The last lines of what a build said that failed.
    Log {
        stage: String,
        action: String,
        lines: Vec<String>,
    },
}

impl Event {
    /// What an action has come to.
    pub(super) fn of(execution: &str, action: &ActionExecution) -> Self {
        let status = Status::of(&action.status);
        let times = action.started.zip(action.updated);
        Self::Action {
            execution: execution.to_owned(),
            stage: action.stage.clone(),
            action: action.action.clone(),
            status,
            seconds: times
                .filter(|_| !status.is_moving())
                .map(|(from, to)| u64::try_from(to.secs() - from.secs()).unwrap_or(0)),
            message: action.message.clone(),
            waits: status.is_moving() && action.provider == APPROVAL,
        }
    }
}

impl Execution {
    /// Takes what the source says of the commit.
    pub(super) fn learn(&mut self, source: &HashMap<String, String>) {
        let fill = |known: &mut Option<String>, keys: &[&str]| {
            let found = keys.iter().find_map(|key| source.get(*key));
            if let (None, Some(found)) = (&known, found.filter(|text| !text.is_empty())) {
                *known = Some(first_line(found));
            }
        };
        fill(&mut self.commit, &["CommitId"]);
        fill(&mut self.message, &["CommitMessage"]);
        fill(
            &mut self.author,
            &["AuthorDisplayName", "AuthorEmail", "AuthorId"],
        );
    }
}

impl From<codepipeline::Execution> for Execution {
    fn from(execution: codepipeline::Execution) -> Self {
        let commit = execution.commit.filter(|commit| !commit.id.is_empty());
        Self {
            id: execution.id,
            status: Status::of(&execution.status),
            started: execution
                .started
                .and_then(|started| started.fmt(Format::DateTime).ok()),
            trigger: execution.trigger,
            message: commit.as_ref().and_then(|commit| message(&commit.summary)),
            commit: commit.map(|commit| commit.id),
            author: None,
            rolls_back_to: execution.rolls_back_to,
            reason: execution.summary.filter(|text| !text.is_empty()),
        }
    }
}

/// What the author says of a commit: connections wrap it in JSON, other sources do not.
fn message(summary: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Wrapped {
        #[serde(rename = "CommitMessage")]
        commit_message: String,
    }
    let wrapped = serde_json::from_str::<Wrapped>(summary);
    let text = wrapped.map_or_else(|_| summary.to_owned(), |wrapped| wrapped.commit_message);
    Some(first_line(&text)).filter(|line| !line.is_empty())
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

impl Stage {
    /// Whether a person means it by this name: the pipeline's own, or that of the app's stage.
    pub(super) fn is_called(&self, name: &str) -> bool {
        self.name == name || template::pipeline_stages(name).contains(&self.name)
    }
}

impl From<StageState> for Stage {
    fn from(state: StageState) -> Self {
        let (execution, status) = state.execution.unzip();
        Self {
            name: state.name,
            status: status.map(|status| Status::of(&status)),
            execution,
            closed: state.disabled,
            condition: state.condition,
            actions: state.actions.into_iter().map(Action::from).collect(),
        }
    }
}

impl Action {
    /// Whether it waits for a person.
    pub(super) fn waits(&self) -> bool {
        self.token.is_some() && self.status.is_some_and(Status::is_moving)
    }
}

impl From<ActionState> for Action {
    fn from(state: ActionState) -> Self {
        Self {
            name: state.name,
            status: state.status.map(|status| Status::of(&status)),
            // Of a source, that is JSON about the commit, which the execution has.
            summary: state.summary.filter(|text| !text.starts_with('{')),
            token: state.token,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commits_message_is_read_in_either_form() {
        let wrapped = r#"{"ProviderType":"GitHub","CommitMessage":"Mend it\n\nAt last."}"#;
        assert_eq!(message(wrapped).as_deref(), Some("Mend it"));
        assert_eq!(message("Mend it\n").as_deref(), Some("Mend it"));
        assert_eq!(message(""), None);
    }

    #[test]
    fn a_status_that_is_not_known_is_waited_for() {
        assert!(Status::of("Queued").is_moving());
        assert!(!Status::of("Superseded").is_moving());
    }
}
