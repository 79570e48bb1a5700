//! A pipeline's executions, and what actions did in them.

use std::collections::HashMap;

use aws_sdk_codepipeline::types::{self, PipelineExecutionStatus};
use aws_smithy_types::DateTime;

/// A run of a pipeline.
#[derive(Debug, Clone)]
pub(crate) struct Execution {
    pub(crate) id: String,
    /// As CodePipeline says it, e.g. `Succeeded`.
    pub(crate) status: String,
    /// Why, where it says so.
    pub(crate) summary: Option<String>,
    pub(crate) started: Option<DateTime>,
    /// What began it, e.g. `WebhookV2`.
    pub(crate) trigger: Option<String>,
    /// The execution to whose artifacts a stage is taken back, where that is all it does.
    pub(crate) rolls_back_to: Option<String>,
    /// The commit that it deploys.
    pub(crate) commit: Option<Commit>,
}

/// A commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Commit {
    pub(crate) id: String,
    /// CodePipeline's words about it: of a connection, JSON with its message.
    pub(crate) summary: String,
}

/// An action in one execution.
#[derive(Debug, Clone)]
pub(crate) struct ActionExecution {
    pub(crate) id: String,
    pub(crate) stage: String,
    pub(crate) action: String,
    /// What does it, e.g. `CodeBuild`.
    pub(crate) provider: String,
    /// As CodePipeline says it, e.g. `Failed`.
    pub(crate) status: String,
    pub(crate) started: Option<DateTime>,
    pub(crate) updated: Option<DateTime>,
    /// Of CodeBuild, the build's id: `PROJECT:UUID`.
    pub(crate) external_id: Option<String>,
    /// What went wrong, or what it says of itself.
    pub(crate) message: Option<String>,
    /// What it was configured with.
    pub(crate) configuration: HashMap<String, String>,
    /// What it tells later actions: of a source, about the commit.
    pub(crate) variables: HashMap<String, String>,
}

impl From<types::PipelineExecutionSummary> for Execution {
    fn from(found: types::PipelineExecutionSummary) -> Self {
        let revisions = found.source_revisions.unwrap_or_default();
        let source = revisions.into_iter().next();
        Self {
            id: found.pipeline_execution_id.unwrap_or_default(),
            status: text(found.status),
            summary: found.status_summary,
            started: found.start_time,
            trigger: found.trigger.and_then(trigger),
            rolls_back_to: found.rollback_metadata.and_then(target),
            commit: source.map(|source| Commit::of(source.revision_id, source.revision_summary)),
        }
    }
}

impl From<types::PipelineExecution> for Execution {
    fn from(found: types::PipelineExecution) -> Self {
        let revisions = found.artifact_revisions.unwrap_or_default();
        let source = revisions.into_iter().next();
        Self {
            id: found.pipeline_execution_id.unwrap_or_default(),
            status: text(found.status),
            summary: found.status_summary,
            started: None,
            trigger: found.trigger.and_then(trigger),
            rolls_back_to: found.rollback_metadata.and_then(target),
            commit: source.map(|source| Commit::of(source.revision_id, source.revision_summary)),
        }
    }
}

impl Commit {
    fn of(id: Option<String>, summary: Option<String>) -> Self {
        Self {
            id: id.unwrap_or_default(),
            summary: summary.unwrap_or_default(),
        }
    }
}

fn text(status: Option<PipelineExecutionStatus>) -> String {
    status.map_or_else(String::new, |status| status.as_str().to_owned())
}

fn trigger(trigger: types::ExecutionTrigger) -> Option<String> {
    Some(trigger.trigger_type?.as_str().to_owned())
}

fn target(rollback: types::PipelineRollbackMetadata) -> Option<String> {
    rollback.rollback_target_pipeline_execution_id
}

impl From<types::ActionExecutionDetail> for ActionExecution {
    fn from(found: types::ActionExecutionDetail) -> Self {
        let input = found.input;
        let output = found.output;
        let result = output
            .as_ref()
            .and_then(|output| output.execution_result.clone());
        let error = result.as_ref().and_then(|result| {
            let error = result.error_details.as_ref()?;
            error.message.clone()
        });
        Self {
            id: found.action_execution_id.unwrap_or_default(),
            stage: found.stage_name.unwrap_or_default(),
            action: found.action_name.unwrap_or_default(),
            provider: input
                .as_ref()
                .and_then(|input| Some(input.action_type_id.as_ref()?.provider.clone()))
                .unwrap_or_default(),
            status: found
                .status
                .map_or_else(String::new, |status| status.as_str().to_owned()),
            started: found.start_time,
            updated: found.last_update_time,
            external_id: result
                .as_ref()
                .and_then(|result| result.external_execution_id.clone()),
            message: error
                .or_else(|| result?.external_execution_summary)
                .filter(|text| !text.is_empty()),
            configuration: input
                .and_then(|input| input.configuration)
                .unwrap_or_default(),
            variables: output
                .and_then(|output| output.output_variables)
                .unwrap_or_default(),
        }
    }
}
