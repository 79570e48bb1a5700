//! A plan with everything that it takes to apply it.

use crate::aws::AwsEnv;
use crate::stack::{self, Baseline, Reporter};
use crate::template::RenderedStack;

use super::error::Error;
use super::plan::{self, FORMAT, Plan};
use super::rendered::RenderedStacks;
use super::request::DeployRequest;
use super::state::StageState;

/// A plan with everything that it takes to apply it.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    pub(crate) plan: Plan,
    pub(super) rendered: RenderedStacks,
    pub(super) state: StageState,
}

impl Prepared {
    /// Plans a deploy. Nothing is changed; the plan's change sets stay pending.
    ///
    /// # Errors
    /// Also when a newer umb deployed the stage last.
    pub(crate) async fn new(
        env: &AwsEnv,
        request: &DeployRequest<'_>,
        state: StageState,
        reporter: &dyn Reporter,
    ) -> Result<Self, Error> {
        let rendered = request.render(env, &state, reporter).await?;
        Ok(Self {
            plan: plan::plan(env, request, &rendered, &state).await?,
            rendered,
            state,
        })
    }

    /// Stateless as it is to be.
    pub(crate) fn stateless(&self) -> &RenderedStack {
        &self.rendered.stateless
    }

    /// Takes a saved plan, to apply it to the stage in its current state.
    ///
    /// # Errors
    /// When the plan is for another stage, when it would come out differently now, or when a stack was changed
    /// meanwhile.
    pub(crate) async fn from_saved(
        env: &AwsEnv,
        request: &DeployRequest<'_>,
        plan: Plan,
        state: StageState,
        reporter: &dyn Reporter,
    ) -> Result<Self, Error> {
        refuse_other(env, request, &plan)?;
        let rendered = request.render(env, &state, reporter).await?;
        let templates = [&rendered.stateful, &rendered.stateless];
        let stacks = [&state.stateful, &state.stateless];
        for ((planned, template), existing) in plan.stacks.iter().zip(templates).zip(stacks) {
            if planned.digest != template.digest {
                return Err(Error::OtherPlan {
                    stage: request.stage.name.clone(),
                    reason: format!(
                        "for {} it was made from other settings, or by another umb",
                        planned.stack
                    ),
                });
            }
            if planned.baseline != existing.as_ref().map(Baseline::new) {
                return Err(stack::Error::StackChanged {
                    stack: template.id.clone(),
                }
                .into());
            }
        }
        Ok(Self {
            plan,
            rendered,
            state,
        })
    }
}

fn refuse_other(env: &AwsEnv, request: &DeployRequest<'_>, plan: &Plan) -> Result<(), Error> {
    let other = |reason: String| Error::OtherPlan {
        stage: request.stage.name.clone(),
        reason,
    };
    let pairs = [
        ("format", plan.format.to_string(), FORMAT.to_string()),
        ("app", plan.app.to_string(), request.stage.app.to_string()),
        (
            "stage",
            plan.stage.to_string(),
            request.stage.name.to_string(),
        ),
        (
            "account",
            plan.account.to_string(),
            env.account().to_string(),
        ),
        ("region", plan.region.to_string(), env.region().to_string()),
        (
            "function",
            plan.artifact.clone(),
            request.artifact.sha256.clone(),
        ),
    ];
    match pairs.iter().find(|(_, planned, actual)| planned != actual) {
        Some((what, planned, actual)) => {
            Err(other(format!("its {what} is {planned}, not {actual}")))
        }
        None if plan.stacks.len() != 2 => {
            Err(other("it does not contain a stage's two stacks".to_owned()))
        }
        None => Ok(()),
    }
}
