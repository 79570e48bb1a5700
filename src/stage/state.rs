//! The state of a stage's stacks.

use crate::aws::AwsEnv;
use crate::model::{App, StackRef, StageName};
use crate::stack::DeployedStack;

use super::error::Error;

/// A stage's stacks as they are. One that only waits for its first change set counts as none.
#[derive(Debug, Clone)]
pub(crate) struct StageState {
    pub(crate) stateful: Option<DeployedStack>,
    pub(crate) stateless: Option<DeployedStack>,
    /// Whether a stack waits for its first change set.
    pub(super) has_empty_stack: bool,
}

impl StageState {
    /// Looks at the stage's stacks.
    ///
    /// # Errors
    /// Also when one of them belongs to somebody else.
    pub(crate) async fn look(env: &AwsEnv, app: &App, stage: &StageName) -> Result<Self, Error> {
        let [stateful, stateless] = StackRef::pair(app, stage);
        let (stateful, stateless) = tokio::try_join!(
            DeployedStack::find(env, stateful),
            DeployedStack::find(env, stateless)
        )?;
        let has_empty_stack = [&stateful, &stateless]
            .into_iter()
            .flatten()
            .any(|stack| !stack.exists());
        Ok(Self {
            has_empty_stack,
            stateful: stateful.filter(DeployedStack::exists),
            stateless: stateless.filter(DeployedStack::exists),
        })
    }

    /// The stacks that exist.
    pub(crate) fn stacks(&self) -> Vec<DeployedStack> {
        self.iter().cloned().collect()
    }

    /// The stacks that exist.
    pub(super) fn iter(&self) -> impl Iterator<Item = &DeployedStack> {
        self.stateful.iter().chain(&self.stateless)
    }

    /// Whether the stage has any stack that does more than wait for its first change set.
    pub(crate) fn is_deployed(&self) -> bool {
        self.iter().next().is_some()
    }

    /// Whether nothing of the stage exists, not even a stack that waits.
    pub(crate) fn is_empty(&self) -> bool {
        !self.has_empty_stack && !self.is_deployed()
    }

    /// Whether the stage is protected, as it is deployed.
    pub(crate) fn is_protected(&self) -> bool {
        self.iter().any(|stack| stack.details.is_protected) || self.retains_table()
    }

    /// Whether the table outlives its stack.
    pub(super) fn retains_table(&self) -> bool {
        let stateful = self.stateful.as_ref();
        stateful.is_some_and(|stack| stack.parameters.is_protected)
    }
}

/// Returns the stages of the app that have a stack in the account and region, whether `umb.toml` still knows them or not,
/// in alphabetical order.
pub(crate) async fn deployed_stages(env: &AwsEnv, app: &App) -> Result<Vec<StageName>, Error> {
    let stacks = env.cloudformation().stacks().await?;
    let mut stages: Vec<_> = stacks
        .iter()
        .filter_map(|stack| StackRef::stage_of(app, &stack.tags))
        .collect();
    stages.sort();
    stages.dedup();
    Ok(stages)
}
