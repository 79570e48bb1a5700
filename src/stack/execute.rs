//! Executes planned change sets.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::aws::AwsEnv;
use crate::aws::cloudformation::{ChangeSet, Mode, Since};
use crate::template::RenderedStack;

use super::change_set::{self, Kind, compute};
use super::deployed::DeployedStack;
use super::diagnose::explain;
use super::error::Error;
use super::event::{Operation, Reporter};
use super::follow::{Ended, follow_to_end};
use super::outputs::reachable;
use super::plan::{StackAction, StackPlan};

/// A stack that is what its template says.
#[derive(Debug, Clone)]
pub(crate) struct Deployed {
    pub(crate) stack: String,
    pub(crate) outcome: StackAction,
    pub(crate) outputs: BTreeMap<String, String>,
}

impl Deployed {
    /// The stack after its plan was applied.
    pub(crate) fn new(env: &AwsEnv, plan: &StackPlan, stack: DeployedStack) -> Self {
        Self {
            stack: stack.id.name(),
            outcome: plan.action,
            outputs: reachable(env, stack.details.outputs),
        }
    }
}

/// Makes stacks what their plans say.
pub(crate) struct Applier<'a> {
    env: &'a AwsEnv,
    reporter: &'a dyn Reporter,
    /// The name of the change set that creates a stack; else it says what it makes of the stack.
    name: Option<&'a str>,
}

impl<'a> Applier<'a> {
    pub(crate) fn new(env: &'a AwsEnv, reporter: &'a dyn Reporter) -> Self {
        Self {
            env,
            reporter,
            name: None,
        }
    }

    /// The same, which creates stacks by change sets of this name.
    pub(crate) fn by(self, name: &'a str) -> Self {
        Self {
            name: Some(name),
            ..self
        }
    }

    /// Applies one stack's plan and returns the stack as it is then.
    pub(crate) async fn apply(
        &self,
        plan: &StackPlan,
        rendered: &RenderedStack,
        existing: Option<&DeployedStack>,
        mode: Mode,
    ) -> Result<DeployedStack, Error> {
        match (existing, &plan.change_set) {
            (Some(existing), Some(change_set)) => {
                let since = self.env.cloudformation().since_now(existing.arn()).await?;
                self.execute(change_set, existing, since, Operation::Update)
                    .await
            }
            (Some(existing), None) => Ok(existing.clone()),
            (None, _) if plan.imports() => self.create(rendered, Kind::Import, mode).await,
            (None, _) => self.create(rendered, Kind::Create, mode).await,
        }
    }

    async fn create(
        &self,
        rendered: &RenderedStack,
        kind: Kind,
        mode: Mode,
    ) -> Result<DeployedStack, Error> {
        let change_set = match self.name {
            None => change_set::create(self.env, rendered, kind, mode).await?,
            Some(name) => change_set::create_named(self.env, rendered, name, kind, mode).await?,
        };
        if compute(self.env, rendered, &change_set).await?.is_none() {
            return Err(Error::ChangeSetFailed {
                stack: rendered.id.clone(),
                reason: "it would create an empty stack".to_owned(),
            });
        }
        let cloudformation = self.env.cloudformation();
        let Some(details) = cloudformation.stack(&change_set.stack_arn).await? else {
            return Err(Error::StackChanged {
                stack: rendered.id.clone(),
            });
        };
        let stack = DeployedStack::new(rendered.id.clone(), details);
        self.execute(&change_set, &stack, Since::LastOperation, Operation::Create)
            .await
    }

    async fn execute(
        &self,
        change_set: &ChangeSet,
        stack: &DeployedStack,
        since: Since,
        operation: Operation,
    ) -> Result<DeployedStack, Error> {
        let cloudformation = self.env.cloudformation();
        let token = Uuid::new_v4().to_string();
        cloudformation
            .execute_change_set(change_set, &token)
            .await?;
        self.env.pending().keep(change_set);
        let Ended { stack, failures } =
            follow_to_end(self.env, stack, since, operation, self.reporter).await?;
        if stack.status().is_success() {
            Ok(stack)
        } else if stack.status().is_deleted() {
            // If there is another stack of that name, somebody deleted this one and creates it again.
            Err(match cloudformation.stack(&stack.id.name()).await? {
                Some(_) => Error::StackChanged { stack: stack.id },
                None => Error::DeletedMeanwhile { stack: stack.id },
            })
        } else {
            let diagnosis = explain(self.env, &stack, failures).await;
            Err(Error::StackFailed {
                diagnosis: diagnosis.into(),
            })
        }
    }
}
