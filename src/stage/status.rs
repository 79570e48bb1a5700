//! A stage's state, for people and programs.

use serde::Serialize;

use crate::aws::AwsEnv;
use crate::model::{AccountId, Region, StageName};
use crate::stack::{StackStatus, endpoint};

use super::state::StageState;

/// The state of a stage on AWS.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct StageStatus {
    pub(crate) stage: StageName,
    pub(crate) account: AccountId,
    pub(crate) region: Region,
    /// Empty if it is not deployed.
    pub(crate) stacks: Vec<StackStatus>,
    /// The API's address; `None` if there is no API.
    pub(crate) endpoint: Option<String>,
    /// Whether the API works; `None` if it was not asked.
    pub(crate) healthy: Option<bool>,
    /// Why it does not work.
    pub(crate) problem: Option<String>,
}

impl StageStatus {
    /// The status of a stage in that state, before its API was asked.
    pub(crate) fn new(env: &AwsEnv, stage: &StageName, state: &StageState) -> Self {
        Self {
            stage: stage.clone(),
            account: env.account().clone(),
            region: env.region().clone(),
            stacks: state.iter().map(StackStatus::from).collect(),
            endpoint: state
                .stateless
                .as_ref()
                .and_then(|stack| endpoint(env, stack)),
            healthy: None,
            problem: None,
        }
    }
}
