//! A pipeline's status and what happens in it, for people and programs.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::aws::codepipeline::{self, ActionExecution, ActionState, StageState};
use crate::model::{AccountId, Region, StageName, names};

/// The provider of actions that a person approves.
const APPROVAL: &str = "Manual";

/// A pipeline's status.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PipelineStatus {
    pub(crate) pipeline: String,
    pub(crate) account: AccountId,
    pub(crate) region: Region,
    /// The newest execution; `None` if there was none yet.
    pub(crate) execution: Option<Execution>,
    pub(crate) stages: Vec<Stage>,
}

/// An execution.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Execution {
    pub(crate) id: String,
    pub(crate) status: Status,
    /// When it started, if that is known.
    pub(crate) started: Option<Timestamp>,
    /// What started it, as CodePipeline calls it.
    pub(crate) trigger: Option<String>,
    /// The commit that it deploys, and the first line of its message.
    pub(crate) commit: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) author: Option<String>,
    /// The execution to whose artifacts it rolls a stage back, if it is a rollback.
    pub(crate) rolls_back_to: Option<String>,
    /// Why it ended, if CodePipeline says so.
    pub(crate) reason: Option<String>,
}

/// A stage of the pipeline.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Stage {
    pub(crate) name: String,
    pub(crate) status: Option<Status>,
    pub(crate) execution: Option<String>,
    /// Why no execution may enter it.
    pub(crate) closed: Option<String>,
    /// The rule of a condition that failed, and why.
    pub(crate) condition: Option<String>,
    /// Whether it failed, and CodePipeline has nothing to roll it back to.
    pub(crate) lacks_target: bool,
    pub(crate) actions: Vec<Action>,
}

/// An action of a stage, as it ran last.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Action {
    pub(crate) name: String,
    pub(crate) status: Option<Status>,
    pub(crate) summary: Option<String>,
    /// The token that an approval is answered with.
    #[serde(skip)]
    pub(super) token: Option<String>,
}

/// The status of an execution, a stage or an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    InProgress,
    Stopping,
    Succeeded,
    Failed,
    Stopped,
    /// Replaced by a newer execution while it waited.
    Superseded,
    Cancelled,
    Abandoned,
    Skipped,
    /// A status that this umb does not know.
    Unknown,
}

impl Status {
    pub(super) fn parse(text: &str) -> Self {
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

    /// The status in words.
    pub(crate) fn text(self) -> &'static str {
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

    /// Whether it is still running.
    pub(crate) fn is_moving(self) -> bool {
        matches!(self, Self::InProgress | Self::Stopping | Self::Unknown)
    }
}

/// What happens while an execution is followed.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Event {
    /// An execution is followed from here on.
    Execution(Execution),
    /// An action started or ended.
    Action {
        execution: String,
        stage: String,
        action: String,
        status: Status,
        /// How long it took so far.
        seconds: Option<u64>,
        /// Its summary, or why it failed.
        message: Option<String>,
        /// Whether it waits for a person.
        waits: bool,
    },
    /// The last lines of a failed build's log.
    Log {
        stage: String,
        action: String,
        lines: Vec<String>,
    },
}

impl Event {
    /// The event of an action's new status.
    pub(super) fn new(execution: &str, action: &ActionExecution) -> Self {
        let status = Status::parse(&action.status);
        let times = action.started.zip(action.updated);
        Self::Action {
            execution: execution.to_owned(),
            stage: action.stage.clone(),
            action: action.action.clone(),
            status,
            seconds: times
                .filter(|_| !status.is_moving())
                .map(|(from, to)| u64::try_from(to.as_second() - from.as_second()).unwrap_or(0)),
            message: action.message.clone(),
            waits: status.is_moving() && action.provider == APPROVAL,
        }
    }
}

impl Execution {
    /// Adds what the source action knows about the commit.
    pub(super) fn add_commit(&mut self, source: &HashMap<String, String>) {
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
            status: Status::parse(&execution.status),
            started: execution.started,
            trigger: execution.trigger,
            message: commit.as_ref().and_then(|commit| message(&commit.summary)),
            commit: commit.map(|commit| commit.id),
            author: None,
            rolls_back_to: execution.rolls_back_to,
            reason: execution.summary.filter(|text| !text.is_empty()),
        }
    }
}

/// Returns a commit's message: connections wrap it in JSON, other sources do not.
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
    /// Whether a person means it by this name: its own, or that of the app's stage.
    pub(super) fn is_called(&self, name: &str) -> bool {
        let stage = name.to_lowercase().parse::<StageName>();
        self.name == name
            || stage.is_ok_and(|stage| names::pipeline_stages(&stage).contains(&self.name))
    }
}

impl From<StageState> for Stage {
    fn from(state: StageState) -> Self {
        let (execution, status) = state.execution.unzip();
        Self {
            name: state.name,
            status: status.map(|status| Status::parse(&status)),
            execution,
            closed: state.disabled,
            condition: state.condition,
            lacks_target: false,
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
            status: state.status.map(|status| Status::parse(&status)),
            // A source's summary is JSON about the commit, which the execution already has.
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
        let wrapped = r#"{"ProviderType":"GitHub","CommitMessage":"Fix it\n\nAt last."}"#;
        assert_eq!(message(wrapped).as_deref(), Some("Fix it"));
        assert_eq!(message("Fix it\n").as_deref(), Some("Fix it"));
        assert_eq!(message(""), None);
    }

    #[test]
    fn a_status_that_is_not_known_is_waited_for() {
        assert!(Status::parse("Queued").is_moving());
        assert!(!Status::parse("Superseded").is_moving());
    }
}
