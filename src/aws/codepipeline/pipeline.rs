//! A pipeline, and operations on it.

use aws_sdk_codepipeline::Client;
use aws_sdk_codepipeline::error::ProvideErrorMetadata as _;
use aws_sdk_codepipeline::types::{
    self, ApprovalResult, ApprovalStatus, StageRetryMode, StageTransitionType,
};

use crate::aws::error::Error;
use crate::aws::session::Session;

use super::execution::{ActionExecution, Execution, FailedRule};
use super::state::StageState;

/// CodePipeline's codes for a missing execution; the last one is for an ID that is not valid.
const NO_EXECUTION: [&str; 3] = [
    "PipelineExecutionNotFoundException",
    "PipelineNotFoundException",
    "ValidationException",
];

/// The pipeline `name`.
#[derive(Debug, Clone)]
pub(crate) struct Pipeline {
    client: Client,
    name: String,
}

/// An approval that waits for a person.
#[derive(Debug, Clone)]
pub(crate) struct Approval {
    pub(crate) stage: String,
    pub(crate) action: String,
    pub(crate) token: String,
    /// The ID of the execution that waits, if CodePipeline says so.
    pub(crate) execution: Option<String>,
}

impl Pipeline {
    pub(crate) fn new(session: &Session, name: String) -> Self {
        Self {
            client: Client::new(session.config()),
            name,
        }
    }

    /// Returns the states of its stages; `None` if there is no such pipeline.
    pub(crate) async fn stages(&self) -> Result<Option<Vec<StageState>>, Error> {
        let asked = self
            .client
            .get_pipeline_state()
            .name(&self.name)
            .send()
            .await;
        match asked {
            Err(error) if error.code() == Some("PipelineNotFoundException") => Ok(None),
            asked => {
                let state =
                    asked.map_err(|error| Error::new("CodePipeline GetPipelineState", error))?;
                let stages = state.stage_states.unwrap_or_default();
                Ok(Some(stages.into_iter().map(StageState::from).collect()))
            }
        }
    }

    /// Returns its newest executions, newest first, at most `count`.
    pub(crate) async fn executions(&self, count: i32) -> Result<Vec<Execution>, Error> {
        let listed = self
            .client
            .list_pipeline_executions()
            .pipeline_name(&self.name)
            .max_results(count)
            .send()
            .await
            .map_err(|error| Error::new("CodePipeline ListPipelineExecutions", error))?;
        let found = listed.pipeline_execution_summaries.unwrap_or_default();
        Ok(found.into_iter().map(Execution::from).collect())
    }

    /// Returns the executions that succeeded in a stage, to which it can be rolled back, newest first.
    pub(crate) async fn succeeded_in(&self, stage: &str) -> Result<Vec<Execution>, Error> {
        let filter = types::PipelineExecutionFilter::builder()
            .succeeded_in_stage(
                types::SucceededInStageFilter::builder()
                    .stage_name(stage)
                    .build(),
            )
            .build();
        let listed = self
            .client
            .list_pipeline_executions()
            .pipeline_name(&self.name)
            .filter(filter)
            .send()
            .await
            .map_err(|error| Error::new("CodePipeline ListPipelineExecutions", error))?;
        let found = listed.pipeline_execution_summaries.unwrap_or_default();
        Ok(found.into_iter().map(Execution::from).collect())
    }

    /// Returns the execution with this ID.
    pub(crate) async fn execution(&self, id: &str) -> Result<Option<Execution>, Error> {
        let asked = self
            .client
            .get_pipeline_execution()
            .pipeline_name(&self.name)
            .pipeline_execution_id(id)
            .send()
            .await;
        match asked {
            Err(error)
                if error
                    .code()
                    .is_some_and(|code| NO_EXECUTION.contains(&code)) =>
            {
                Ok(None)
            }
            asked => Ok(asked
                .map_err(|error| Error::new("CodePipeline GetPipelineExecution", error))?
                .pipeline_execution
                .map(Execution::from)),
        }
    }

    /// Returns the actions of an execution so far, oldest first; none if there is no such execution.
    pub(crate) async fn actions(&self, execution: &str) -> Result<Vec<ActionExecution>, Error> {
        let filter = types::ActionExecutionFilter::builder()
            .pipeline_execution_id(execution)
            .build();
        let mut pages = self
            .client
            .list_action_executions()
            .pipeline_name(&self.name)
            .filter(filter)
            .into_paginator()
            .send();
        let mut actions = Vec::new();
        while let Some(page) = pages.next().await {
            let page = match page {
                Err(error)
                    if error
                        .code()
                        .is_some_and(|code| NO_EXECUTION.contains(&code)) =>
                {
                    return Ok(Vec::new());
                }
                page => {
                    page.map_err(|error| Error::new("CodePipeline ListActionExecutions", error))?
                }
            };
            let found = page.action_execution_details.unwrap_or_default();
            actions.extend(found.into_iter().map(ActionExecution::from));
        }
        actions.sort_by_key(|action| action.started);
        Ok(actions)
    }

    /// Returns the rules of stages' conditions that failed in an execution.
    pub(crate) async fn failed_rules(&self, execution: &str) -> Result<Vec<FailedRule>, Error> {
        let filter = types::RuleExecutionFilter::builder()
            .pipeline_execution_id(execution)
            .build();
        let mut pages = self
            .client
            .list_rule_executions()
            .pipeline_name(&self.name)
            .filter(filter)
            .into_paginator()
            .send();
        let mut failed = Vec::new();
        while let Some(page) = pages.next().await {
            let page =
                page.map_err(|error| Error::new("CodePipeline ListRuleExecutions", error))?;
            let found = page.rule_execution_details.unwrap_or_default();
            failed.extend(found.into_iter().filter_map(FailedRule::new));
        }
        Ok(failed)
    }

    /// Starts an execution of the source as it is now; returns its ID.
    pub(crate) async fn start(&self) -> Result<String, Error> {
        let started = self
            .client
            .start_pipeline_execution()
            .name(&self.name)
            .send()
            .await
            .map_err(|error| Error::new("CodePipeline StartPipelineExecution", error))?;
        Ok(started.pipeline_execution_id.unwrap_or_default())
    }

    /// Stops an execution: after its running actions, or now, if it `abandons` them.
    /// Returns whether it had not ended yet.
    pub(crate) async fn stop(&self, id: &str, abandons: bool, reason: &str) -> Result<bool, Error> {
        let stopped = self
            .client
            .stop_pipeline_execution()
            .pipeline_name(&self.name)
            .pipeline_execution_id(id)
            .abandon(abandons)
            .reason(reason)
            .send()
            .await;
        match stopped {
            Err(error) if error.code() == Some("DuplicatedStopRequestException") => Ok(true),
            Err(error) if error.code() == Some("PipelineExecutionNotStoppableException") => {
                Ok(false)
            }
            stopped => stopped
                .map(|_| true)
                .map_err(|error| Error::new("CodePipeline StopPipelineExecution", error)),
        }
    }

    /// Runs a failed stage again, all of it or only what failed; returns the execution's ID.
    pub(crate) async fn retry(
        &self,
        stage: &str,
        execution: &str,
        is_whole: bool,
    ) -> Result<String, Error> {
        let mode = if is_whole {
            StageRetryMode::AllActions
        } else {
            StageRetryMode::FailedActions
        };
        let retried = self
            .client
            .retry_stage_execution()
            .pipeline_name(&self.name)
            .stage_name(stage)
            .pipeline_execution_id(execution)
            .retry_mode(mode)
            .send()
            .await
            .map_err(|error| Error::new("CodePipeline RetryStageExecution", error))?;
        Ok(retried.pipeline_execution_id.unwrap_or_default())
    }

    /// Rolls a stage back to what an earlier execution deployed there; returns the ID of the execution that does it.
    pub(crate) async fn roll_back(&self, stage: &str, target: &str) -> Result<String, Error> {
        let begun = self
            .client
            .rollback_stage()
            .pipeline_name(&self.name)
            .stage_name(stage)
            .target_pipeline_execution_id(target)
            .send()
            .await
            .map_err(|error| Error::new("CodePipeline RollbackStage", error))?;
        Ok(begun.pipeline_execution_id)
    }

    /// Answers a waiting approval.
    pub(crate) async fn approve(
        &self,
        approval: &Approval,
        approves: bool,
        summary: &str,
    ) -> Result<(), Error> {
        const CALL: &str = "CodePipeline PutApprovalResult";
        let status = if approves {
            ApprovalStatus::Approved
        } else {
            ApprovalStatus::Rejected
        };
        let result = ApprovalResult::builder()
            .status(status)
            .summary(summary)
            .build();
        self.client
            .put_approval_result()
            .pipeline_name(&self.name)
            .stage_name(&approval.stage)
            .action_name(&approval.action)
            .token(&approval.token)
            .result(result.map_err(|error| Error::incomplete(CALL, error))?)
            .send()
            .await
            .map_err(|error| Error::new(CALL, error))?;
        Ok(())
    }

    /// Opens a stage: executions may enter it again.
    pub(crate) async fn open(&self, stage: &str) -> Result<(), Error> {
        self.client
            .enable_stage_transition()
            .pipeline_name(&self.name)
            .stage_name(stage)
            .transition_type(StageTransitionType::Inbound)
            .send()
            .await
            .map_err(|error| Error::new("CodePipeline EnableStageTransition", error))?;
        Ok(())
    }

    /// Closes a stage: no execution may enter it.
    pub(crate) async fn close(&self, stage: &str, reason: &str) -> Result<(), Error> {
        self.client
            .disable_stage_transition()
            .pipeline_name(&self.name)
            .stage_name(stage)
            .transition_type(StageTransitionType::Inbound)
            .reason(reason)
            .send()
            .await
            .map_err(|error| Error::new("CodePipeline DisableStageTransition", error))?;
        Ok(())
    }
}

/// Returns the names of the pipelines in the account and region that use this connection.
pub(crate) async fn using(session: &Session, connection_arn: &str) -> Result<Vec<String>, Error> {
    let client = Client::new(session.config());
    let mut pages = client.list_pipelines().into_paginator().send();
    let mut using = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| Error::new("CodePipeline ListPipelines", error))?;
        for name in page
            .pipelines
            .unwrap_or_default()
            .into_iter()
            .filter_map(|found| found.name)
        {
            let described = client
                .get_pipeline()
                .name(&name)
                .send()
                .await
                .map_err(|error| Error::new("CodePipeline GetPipeline", error))?;
            let stages = described
                .pipeline
                .map_or_else(Vec::new, |pipeline| pipeline.stages);
            let uses = stages
                .iter()
                .flat_map(|stage| &stage.actions)
                .filter_map(|action| action.configuration.as_ref())
                .any(|settings| {
                    settings
                        .get("ConnectionArn")
                        .is_some_and(|arn| arn == connection_arn)
                });
            if uses {
                using.push(name);
            }
        }
    }
    Ok(using)
}
