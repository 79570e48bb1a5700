//! Brings a stage's stacks to where they can be changed.

use crate::aws::AwsEnv;
use crate::stack::{self, DeployedStack, Reporter, needs_repair};

use super::error::Error;
use super::state::StageState;

impl StageState {
    /// Refuses stacks that cannot be changed as they are.
    pub(crate) fn refuse_unsettled(&self) -> Result<(), Error> {
        for stack in self.iter() {
            let status = stack.status();
            if status.is_moving() {
                return Err(stack::Error::OperationInProgress {
                    stack: stack.id.clone(),
                    status: status.clone(),
                }
                .into());
            }
            if !status.is_settled() && !status.is_failed_creation() {
                return Err(needs_repair(stack).into());
            }
        }
        Ok(())
    }

    /// Brings the stacks to where they can be changed: waits for operations that are running, perhaps started by another
    /// run, and deletes what a failed first creation left.
    pub(crate) async fn settle(self, env: &AwsEnv, reporter: &dyn Reporter) -> Result<Self, Error> {
        // One after the other: people read what happens.
        Ok(Self {
            stateful: stack::settle(env, self.stateful, reporter).await?,
            stateless: stack::settle(env, self.stateless, reporter).await?,
            has_empty_stack: self.has_empty_stack,
        })
    }

    /// The state that settling would bring about, for a plan that changes nothing.
    pub(crate) fn without_failed_creations(self) -> Self {
        let stays = |stack: &DeployedStack| !stack.status().is_failed_creation();
        Self {
            stateful: self.stateful.filter(stays),
            stateless: self.stateless.filter(stays),
            has_empty_stack: self.has_empty_stack,
        }
    }
}
