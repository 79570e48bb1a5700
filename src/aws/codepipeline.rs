//! Pipelines and their executions: CodePipeline. Source:
//! <https://docs.aws.amazon.com/codepipeline/latest/APIReference/Welcome.html>.

use std::collections::HashMap;

use aws_sdk_codepipeline::Client;
use aws_sdk_codepipeline::error::ProvideErrorMetadata as _;
use aws_sdk_codepipeline::types::{
    self, ApprovalResult, ApprovalStatus, PipelineExecutionStatus, StageRetryMode,
    StageTransitionType,
};
use aws_smithy_types::DateTime;

use super::{Error, Session};

/// How CodePipeline says that there is no such execution; the last, of an id that can be none.
const NO_EXECUTION: [&str; 3] = [
    "PipelineExecutionNotFoundException",
    "PipelineNotFoundException",
    "ValidationException",
];

/// Where a stage of a pipeline stands.
#[derive(Debug, Clone)]
pub(crate) struct StageState {
    pub(crate) name: String,
    /// The execution that was in it last, and where it stands there, as CodePipeline says it.
    pub(crate) execution: Option<(String, String)>,
    /// Why no execution goes into it, where somebody has said so.
    pub(crate) disabled: Option<String>,
    /// The condition of success or failure that did not hold: its summary.
    pub(crate) condition: Option<String>,
    pub(crate) actions: Vec<ActionState>,
}

/// Where an action stands.
#[derive(Debug, Clone)]
pub(crate) struct ActionState {
    pub(crate) name: String,
    /// As CodePipeline says it, e.g. `InProgress`; none where it was never begun.
    pub(crate) status: Option<String>,
    pub(crate) summary: Option<String>,
    /// What an approval must be answered with.
    pub(crate) token: Option<String>,
}

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

/// The pipeline `name`.
#[derive(Debug, Clone)]
pub(crate) struct Pipeline {
    client: Client,
    name: String,
}

impl Pipeline {
    pub(crate) fn new(session: &Session, name: String) -> Self {
        Self {
            client: Client::new(session.config()),
            name,
        }
    }

    /// Where its stages stand; `None` where there is no such pipeline.
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
                let state = asked
                    .map_err(|error| Error::of_call("CodePipeline GetPipelineState", error))?;
                let stages = state.stage_states.unwrap_or_default();
                Ok(Some(stages.into_iter().map(StageState::from).collect()))
            }
        }
    }

    /// Its newest executions, the newest first, at most `count`.
    pub(crate) async fn executions(&self, count: i32) -> Result<Vec<Execution>, Error> {
        let listed = self
            .client
            .list_pipeline_executions()
            .pipeline_name(&self.name)
            .max_results(count)
            .send()
            .await
            .map_err(|error| Error::of_call("CodePipeline ListPipelineExecutions", error))?;
        let found = listed.pipeline_execution_summaries.unwrap_or_default();
        Ok(found.into_iter().map(Execution::from).collect())
    }

    /// The executions that ended well in a stage and that it can be taken back to, the newest first.
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
            .map_err(|error| Error::of_call("CodePipeline ListPipelineExecutions", error))?;
        let found = listed.pipeline_execution_summaries.unwrap_or_default();
        Ok(found.into_iter().map(Execution::from).collect())
    }

    /// The execution with this id.
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
                .map_err(|error| Error::of_call("CodePipeline GetPipelineExecution", error))?
                .pipeline_execution
                .map(Execution::from)),
        }
    }

    /// What the actions of an execution did so far, the oldest first; nothing, where there is no such execution.
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
                page => page
                    .map_err(|error| Error::of_call("CodePipeline ListActionExecutions", error))?,
            };
            let found = page.action_execution_details.unwrap_or_default();
            actions.extend(found.into_iter().map(ActionExecution::from));
        }
        actions.sort_by_key(|action| action.started);
        Ok(actions)
    }

    /// Starts an execution, of the source as it is now; answers its id.
    pub(crate) async fn start(&self) -> Result<String, Error> {
        let started = self
            .client
            .start_pipeline_execution()
            .name(&self.name)
            .send()
            .await
            .map_err(|error| Error::of_call("CodePipeline StartPipelineExecution", error))?;
        Ok(started.pipeline_execution_id.unwrap_or_default())
    }

    /// Stops an execution: after the actions that go on, or, if it `abandons` them, at once.
    /// Answers whether it had not ended yet.
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
                .map_err(|error| Error::of_call("CodePipeline StopPipelineExecution", error)),
        }
    }

    /// Runs a stage again that failed, all of it or only what failed; answers the execution's id.
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
            .map_err(|error| Error::of_call("CodePipeline RetryStageExecution", error))?;
        Ok(retried.pipeline_execution_id.unwrap_or_default())
    }

    /// Takes a stage back to what an earlier execution deployed there; answers the id of the execution that does.
    pub(crate) async fn roll_back(&self, stage: &str, target: &str) -> Result<String, Error> {
        let begun = self
            .client
            .rollback_stage()
            .pipeline_name(&self.name)
            .stage_name(stage)
            .target_pipeline_execution_id(target)
            .send()
            .await
            .map_err(|error| Error::of_call("CodePipeline RollbackStage", error))?;
        Ok(begun.pipeline_execution_id)
    }

    /// Answers an approval that waits.
    pub(crate) async fn approve(
        &self,
        stage: &str,
        action: &str,
        token: &str,
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
            .stage_name(stage)
            .action_name(action)
            .token(token)
            .result(result.map_err(|error| Error::of_building(CALL, error))?)
            .send()
            .await
            .map_err(|error| Error::of_call(CALL, error))?;
        Ok(())
    }

    /// Lets executions into a stage again.
    pub(crate) async fn open(&self, stage: &str) -> Result<(), Error> {
        self.client
            .enable_stage_transition()
            .pipeline_name(&self.name)
            .stage_name(stage)
            .transition_type(StageTransitionType::Inbound)
            .send()
            .await
            .map_err(|error| Error::of_call("CodePipeline EnableStageTransition", error))?;
        Ok(())
    }

    /// Lets no execution into a stage any more.
    pub(crate) async fn close(&self, stage: &str, reason: &str) -> Result<(), Error> {
        self.client
            .disable_stage_transition()
            .pipeline_name(&self.name)
            .stage_name(stage)
            .transition_type(StageTransitionType::Inbound)
            .reason(reason)
            .send()
            .await
            .map_err(|error| Error::of_call("CodePipeline DisableStageTransition", error))?;
        Ok(())
    }
}

impl From<types::StageState> for StageState {
    fn from(state: types::StageState) -> Self {
        let transition = state.inbound_transition_state;
        let conditions = [
            state.on_success_condition_state,
            state.on_failure_condition_state,
        ];
        let failed = conditions.into_iter().flatten().find_map(|condition| {
            let latest = condition.latest_execution?;
            (latest.status?.as_str() == "Failed").then_some(latest.summary)?
        });
        Self {
            name: state.stage_name.unwrap_or_default(),
            execution: state.latest_execution.map(|latest| {
                let status = latest.status.as_str().to_owned();
                (latest.pipeline_execution_id, status)
            }),
            disabled: transition
                .filter(|transition| !transition.enabled)
                .map(|transition| transition.disabled_reason.unwrap_or_default()),
            condition: failed,
            actions: state
                .action_states
                .unwrap_or_default()
                .into_iter()
                .map(ActionState::from)
                .collect(),
        }
    }
}

impl From<types::ActionState> for ActionState {
    fn from(state: types::ActionState) -> Self {
        let latest = state.latest_execution;
        let failure = latest.as_ref().and_then(|latest| {
            let error = latest.error_details.as_ref()?;
            error.message.clone()
        });
        Self {
            name: state.action_name.unwrap_or_default(),
            status: latest
                .as_ref()
                .and_then(|latest| Some(latest.status.as_ref()?.as_str().to_owned())),
            summary: failure
                .or_else(|| latest.as_ref()?.summary.clone())
                .filter(|text| !text.is_empty()),
            token: latest.and_then(|latest| latest.token),
        }
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

/// The names of the pipelines of the account and region whose sources come through this connection.
pub(crate) async fn using(session: &Session, connection_arn: &str) -> Result<Vec<String>, Error> {
    let client = Client::new(session.config());
    let mut pages = client.list_pipelines().into_paginator().send();
    let mut using = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| Error::of_call("CodePipeline ListPipelines", error))?;
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
                .map_err(|error| Error::of_call("CodePipeline GetPipeline", error))?;
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
