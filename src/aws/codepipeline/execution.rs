//! A pipeline's executions, and their actions.

use std::collections::HashMap;

use aws_sdk_codepipeline::types::{self, PipelineExecutionStatus};
use jiff::Timestamp;

use crate::aws::time::timestamp;

/// A run of a pipeline.
#[derive(Debug, Clone)]
pub(crate) struct Execution {
    pub(crate) id: String,
    /// Its status as CodePipeline names it, e.g. `Succeeded`.
    pub(crate) status: String,
    /// The reason for the status, if there is one.
    pub(crate) summary: Option<String>,
    pub(crate) started: Option<Timestamp>,
    /// What started it, e.g. `WebhookV2`.
    pub(crate) trigger: Option<String>,
    /// The execution whose artifacts it deploys again, if it is a rollback.
    pub(crate) rolls_back_to: Option<String>,
    /// The commit that it deploys.
    pub(crate) commit: Option<Commit>,
}

/// A commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Commit {
    pub(crate) id: String,
    /// CodePipeline's description of it: for a connection, JSON with its message.
    pub(crate) summary: String,
}

/// An action in one execution.
#[derive(Debug, Clone)]
pub(crate) struct ActionExecution {
    pub(crate) id: String,
    pub(crate) stage: String,
    pub(crate) action: String,
    /// The provider, e.g. `CodeBuild`.
    pub(crate) provider: String,
    /// Its status as CodePipeline names it, e.g. `Failed`.
    pub(crate) status: String,
    pub(crate) started: Option<Timestamp>,
    pub(crate) updated: Option<Timestamp>,
    /// For CodeBuild, the build's ID: `PROJECT:UUID`.
    pub(crate) external_id: Option<String>,
    /// The error, or a summary.
    pub(crate) message: Option<String>,
    /// Its configuration.
    pub(crate) configuration: HashMap<String, String>,
    /// Its output variables: for a source, about the commit.
    pub(crate) variables: HashMap<String, String>,
    /// Where its artifacts are: buckets, and keys in them.
    pub(crate) artifacts: Vec<(String, String)>,
}

/// A rule of a stage's condition that failed in an execution.
#[derive(Debug, Clone)]
pub(crate) struct FailedRule {
    pub(crate) stage: String,
    pub(crate) rule: String,
    /// The error, or a summary.
    pub(crate) reason: Option<String>,
}

impl FailedRule {
    /// The rule, if it failed.
    pub(super) fn new(found: types::RuleExecutionDetail) -> Option<Self> {
        if found.status?.as_str() != "Failed" {
            return None;
        }
        let result = found.output.and_then(|output| output.execution_result);
        let reason = result.and_then(|result| {
            let error = result.error_details.and_then(|error| error.message);
            error.or(result.external_execution_summary)
        });
        Some(Self {
            stage: found.stage_name?,
            rule: found.rule_name?,
            reason: reason.filter(|text| !text.is_empty()),
        })
    }
}

impl From<types::PipelineExecutionSummary> for Execution {
    fn from(found: types::PipelineExecutionSummary) -> Self {
        let revisions = found.source_revisions.unwrap_or_default();
        let source = revisions.into_iter().next();
        Self {
            id: found.pipeline_execution_id.unwrap_or_default(),
            status: text(found.status),
            summary: found.status_summary,
            started: found.start_time.and_then(timestamp),
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
        let artifacts = output
            .as_ref()
            .and_then(|output| output.output_artifacts.clone());
        let artifacts = artifacts.unwrap_or_default().into_iter();
        let artifacts = artifacts.filter_map(|artifact| {
            let place = artifact.s3_location?;
            Some((place.bucket?, place.key?))
        });
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
            started: found.start_time.and_then(timestamp),
            updated: found.last_update_time.and_then(timestamp),
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
            artifacts: artifacts.collect(),
        }
    }
}
