//! The states of a pipeline's stages and actions.

use aws_sdk_codepipeline::types;

/// How a condition, or a rule, has ended that was not met.
const FAILED: &str = "Failed";

/// The state of a stage of a pipeline.
#[derive(Debug, Clone)]
pub(crate) struct StageState {
    pub(crate) name: String,
    /// The execution that was in it last, and its status there, as CodePipeline names it.
    pub(crate) execution: Option<(String, String)>,
    /// Whether that execution rolls it back.
    pub(crate) is_rolled_back: bool,
    /// Why no execution may enter it, if somebody has closed it.
    pub(crate) disabled: Option<String>,
    /// Which rule of a condition failed, and why; else the summary of the condition that was not met.
    pub(crate) condition: Option<String>,
    pub(crate) actions: Vec<ActionState>,
}

/// The state of an action.
#[derive(Debug, Clone)]
pub(crate) struct ActionState {
    pub(crate) name: String,
    /// Its status as CodePipeline names it, e.g. `InProgress`; `None` if it never started.
    pub(crate) status: Option<String>,
    pub(crate) summary: Option<String>,
    /// The token that answers an approval.
    pub(crate) token: Option<String>,
}

impl From<types::StageState> for StageState {
    fn from(state: types::StageState) -> Self {
        let transition = state.inbound_transition_state;
        let conditions = [
            state.before_entry_condition_state,
            state.on_success_condition_state,
            state.on_failure_condition_state,
        ];
        let failed = conditions.into_iter().flatten().find_map(unmet);
        let latest = state.latest_execution.as_ref();
        let is_rollback =
            |latest: &types::StageExecution| latest.r#type == Some(types::ExecutionType::Rollback);
        Self {
            name: state.stage_name.unwrap_or_default(),
            is_rolled_back: latest.is_some_and(is_rollback),
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

/// Returns why a condition of a stage was not met; `None` if it was.
fn unmet(condition: types::StageConditionState) -> Option<String> {
    let latest = condition.latest_execution?;
    if latest.status?.as_str() != FAILED {
        return None;
    }
    let conditions = condition.condition_states.unwrap_or_default().into_iter();
    let mut rules = conditions.flat_map(|condition| condition.rule_states.unwrap_or_default());
    let failed = rules.find_map(|rule| {
        let latest = rule.latest_execution?;
        if latest.status?.as_str() != FAILED {
            return None;
        }
        let error = latest.error_details.and_then(|error| error.message);
        let name = rule.rule_name?;
        let reason = error.or(latest.summary).filter(|text| !text.is_empty());
        Some(reason.map_or_else(|| name.clone(), |reason| format!("{name}: {reason}")))
    });
    failed.or(latest.summary)
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
