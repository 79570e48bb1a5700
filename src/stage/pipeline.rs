//! What the pipeline does to a stage: it plans both stacks before anybody is asked, deploys Stateless exactly as planned, and
//! protects what is to be protected. CodePipeline itself prepares and executes Stateful's change set.

use crate::aws::AwsEnv;
use crate::aws::cloudformation::Mode;
use crate::model::{StackRef, StageSpec};
use crate::stack::{
    Applier, Baseline, Deployed, DeployedStack, Reporter, StackPlan, closed, find_app_stack,
    plan_change_set, protect, refuse_loss, replace_plan, settle,
};
use crate::template::{RenderedStack, VERSION};

use super::error::Error;
use super::plan::{FORMAT, Plan, refuse_downgrade};
use super::retained_table::stage_table;
use super::state::StageState;

/// What Synth has made of a stage.
#[derive(Debug, Clone)]
pub(crate) struct HandedOn {
    /// Stateful and Stateless.
    pub(crate) stacks: [RenderedStack; 2],
    /// The SHA-256 of the function's package.
    pub(crate) function: String,
}

/// What was agreed to before Stateless is deployed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Agreement<'a> {
    /// Exactly this: a person has looked at it.
    Exactly(&'a StackPlan),
    /// Whatever makes nothing broader than this does: nobody was asked.
    NotBeyond(&'a StackPlan),
    /// What an earlier execution deployed comes back.
    Rollback,
}

/// Refuses a stage that a newer umb deployed last.
pub(crate) async fn refuse_newer(env: &AwsEnv, stage: &StageSpec) -> Result<(), Error> {
    let state = StageState::look(env, &stage.app, &stage.name).await?;
    refuse_downgrade(state.iter())
}

/// Plans a deploy of a stage's two stacks: of Stateful, by the change set `name` that CodePipeline has made; of Stateless, by
/// one of the same name that this makes, if the stack exists. Both wait to be executed.
///
/// # Errors
/// Also when data would be lost, a table already exists that the pipeline would create, or a newer umb deployed the
/// stage last.
pub(crate) async fn propose(
    env: &AwsEnv,
    stage: &StageSpec,
    handed_on: &HandedOn,
    name: &str,
    reporter: &dyn Reporter,
) -> Result<Plan, Error> {
    let HandedOn {
        stacks: [stateful, stateless],
        function,
    } = handed_on;
    let state = StageState::look(env, &stage.app, &stage.name).await?;
    refuse_downgrade(state.iter())?;
    let existing = state.stateful.as_ref();
    let stateful = plan_change_set(env, stateful, existing, name).await?;
    refuse_loss(
        &StackRef::stateful(&stage.app, &stage.name),
        &stateful.resources,
    )?;
    if let (None, Some(table)) = (existing, stage_table(env, stage).await?) {
        return Err(Error::PipelineCannotImport {
            stage: stage.name.clone(),
            table: table.name,
        });
    }
    let existing = settled(env, state.stateless, reporter).await?;
    let stateless = replace_plan(env, stateless, existing.as_ref(), name).await?;
    Ok(Plan {
        format: FORMAT,
        umb: VERSION.to_owned(),
        app: stage.app.clone(),
        stage: stage.name.clone(),
        account: env.account().clone(),
        region: env.region().clone(),
        artifact: function.clone(),
        stacks: vec![stateful, stateless],
    })
}

/// Deploys Stateless as far as that was agreed to, by the planned change set if that can still be executed, else by a new
/// one with the name `name`.
///
/// # Errors
/// Also when a new change set would do more than was agreed to.
pub(crate) async fn deploy_stateless(
    env: &AwsEnv,
    rendered: &RenderedStack,
    agreement: Agreement<'_>,
    name: &str,
    reporter: &dyn Reporter,
) -> Result<Deployed, Error> {
    let found = find_app_stack(env, rendered.id.clone()).await?;
    let existing = settled(env, found, reporter).await?;
    let existing = existing.as_ref();
    let standing = match &agreement {
        Agreement::Exactly(plan) | Agreement::NotBeyond(plan) => {
            standing(env, plan, existing).await?
        }
        Agreement::Rollback => None,
    };
    let plan = match standing {
        Some(plan) => plan,
        None => replace_plan(env, rendered, existing, name).await?,
    };
    let checked = match (&agreement, existing) {
        (Agreement::Exactly(agreed), _) if !plan.does_the_same_as(agreed) => {
            Err(not_as(&plan, agreed))
        }
        (Agreement::NotBeyond(agreed), _) if plan.goes_beyond(agreed) => Err(not_as(&plan, agreed)),
        (Agreement::Rollback, Some(existing)) => refuse_closing(env, existing, rendered).await,
        _ => Ok(()),
    };
    if let Err(error) = checked {
        // The refusal is what matters. A change set that cannot be deleted now goes with the next plan.
        let _ = env.discard_change_sets().await;
        return Err(error);
    }
    let applier = Applier::new(env, reporter);
    let stack = applier
        .apply(&plan, rendered, existing, Mode::Standard)
        .await?;
    Ok(Deployed::new(env, &plan, stack))
}

/// Returns a plan that can still be applied as it is; `None` if the stack has changed since, or somebody has replaced
/// the change set.
async fn standing(
    env: &AwsEnv,
    plan: &StackPlan,
    existing: Option<&DeployedStack>,
) -> Result<Option<StackPlan>, Error> {
    if existing.map(Baseline::new) != plan.baseline {
        return Ok(None);
    }
    if let Some(change_set) = &plan.change_set {
        let found = env.cloudformation();
        let found = found.change_set(&plan.stack, &change_set.arn).await?;
        if found.is_none() {
            return Ok(None);
        }
    }
    Ok(Some(plan.clone()))
}

/// Waits for an operation on a stack that somebody else has started.
async fn settled(
    env: &AwsEnv,
    stack: Option<DeployedStack>,
    reporter: &dyn Reporter,
) -> Result<Option<DeployedStack>, Error> {
    match stack {
        // The pipeline deletes no stacks.
        Some(stack) if stack.status().is_failed_creation() => Err(Error::Leftover {
            stack: stack.id.clone(),
        }),
        stack => Ok(settle(env, stack, reporter).await?),
    }
}

/// Refuses a rollback that would lock somebody out whom a newer deploy has let in. The permissions of the function's own
/// role go back with its code.
async fn refuse_closing(
    env: &AwsEnv,
    existing: &DeployedStack,
    rendered: &RenderedStack,
) -> Result<(), Error> {
    let closed = closed(env, existing, rendered).await?;
    if closed.is_empty() {
        return Ok(());
    }
    Err(Error::RollbackCloses {
        stack: rendered.id.clone(),
        closed: closed.into_iter().map(|one| one.grants).collect(),
    })
}

fn not_as(plan: &StackPlan, agreed: &StackPlan) -> Error {
    let ids = |plan: &StackPlan| -> Vec<_> {
        let ids = plan.resources.iter();
        ids.map(|resource| resource.logical_id.clone()).collect()
    };
    Error::NotAsPlanned {
        stack: plan.stack.clone(),
        planned: ids(agreed),
        now: ids(plan),
    }
}

/// Protects the stacks of a stage that should be protected: what templates cannot say, and CodePipeline does not do.
pub(crate) async fn protect_stage(env: &AwsEnv, stage: &StageSpec) -> Result<(), Error> {
    for id in StackRef::pair(&stage.app, &stage.name) {
        if let Some(stack) = DeployedStack::find(env, id).await? {
            protect(env, &stack, stage.protected, false).await?;
        }
    }
    Ok(())
}
