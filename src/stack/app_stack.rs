//! A stack of the app's that belongs to no stage: the pipeline, or the roles that outlive it and the stages.

use crate::aws::AwsEnv;
use crate::aws::cloudformation::Mode;
use crate::model::StackRef;
use crate::template::RenderedStack;

use super::deployed::DeployedStack;
use super::error::Error;
use super::event::Reporter;
use super::execute::{Applier, Deployed};
use super::plan::{StackPlan, plan_stack};
use super::settle::{needs_repair, settle};

/// Such a stack, with a plan that makes it what its template says.
#[derive(Debug, Clone)]
pub(crate) struct AppStack {
    pub(crate) plan: StackPlan,
    rendered: RenderedStack,
    existing: Option<DeployedStack>,
}

impl AppStack {
    /// Plans a deploy of the stack, after settling it. Nothing else is changed; the plan's change set stays pending.
    ///
    /// # Errors
    /// Also when a stack of that name belongs to somebody else.
    pub(crate) async fn prepare(
        env: &AwsEnv,
        mut rendered: RenderedStack,
        mode: Mode,
        reporter: &dyn Reporter,
    ) -> Result<Self, Error> {
        let found = find_app_stack(env, rendered.id.clone()).await?;
        let existing = settle(env, found, reporter).await?;
        if existing.is_some() {
            // CloudFormation keeps using the role that the stack was created with.
            rendered.role = None;
        }
        let plan = plan_stack(env, &rendered, existing.as_ref(), mode).await?;
        Ok(Self {
            plan,
            rendered,
            existing,
        })
    }

    /// Plans the same without touching anything, not even what a failed first creation left.
    ///
    /// # Errors
    /// Also when an operation is running on the stack.
    pub(crate) async fn outline(
        env: &AwsEnv,
        rendered: &RenderedStack,
    ) -> Result<StackPlan, Error> {
        let found = find_app_stack(env, rendered.id.clone()).await?;
        let existing = found.filter(|stack| !stack.status().is_failed_creation());
        match &existing {
            Some(stack) if stack.status().is_moving() => Err(Error::OperationInProgress {
                stack: stack.id.clone(),
                status: stack.status().clone(),
            }),
            Some(stack) if !stack.status().is_settled() => Err(needs_repair(stack)),
            existing => plan_stack(env, rendered, existing.as_ref(), Mode::Standard).await,
        }
    }

    /// Does exactly what was planned.
    pub(crate) async fn apply(
        &self,
        env: &AwsEnv,
        reporter: &dyn Reporter,
    ) -> Result<Deployed, Error> {
        let existing = self.existing.as_ref();
        let stack = Applier::new(env, reporter)
            .apply(&self.plan, &self.rendered, existing, Mode::Standard)
            .await?;
        Ok(Deployed::new(env, &self.plan, stack))
    }
}

/// Looks up a stack; one that only waits for its first change set counts as none.
///
/// # Errors
/// Also when a stack of that name belongs to somebody else.
pub(crate) async fn find_app_stack(
    env: &AwsEnv,
    id: StackRef,
) -> Result<Option<DeployedStack>, Error> {
    let found = DeployedStack::find(env, id).await?;
    Ok(found.filter(DeployedStack::exists))
}
