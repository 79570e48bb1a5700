//! What the pipeline does to a stage: it plans both stacks before anybody is asked, deploys Stateless exactly as planned, and
//! protects what is to be protected. CodePipeline itself prepares and executes Stateful's change set.

use crate::aws::AwsEnv;
use crate::aws::cloudformation::Mode;
use crate::model::{StackRef, StageSpec};
use crate::stack::{
    Applier, Baseline, Deployed, DeployedStack, Reporter, StackPlan, changed_access, ended,
    find_app_stack, plan_change_set, protect, refuse_loss, replace_plan,
};
use crate::template::{CHANGE_SET, RenderedStack, VERSION};

use super::error::Error;
use super::kept::as_deployed;
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

/// Returns the stage with what `umb.toml` leaves open as it is deployed.
///
/// # Errors
/// Also when a newer umb deployed the stage last.
pub(crate) async fn to_hand_on(
    env: &AwsEnv,
    stage: &StageSpec,
    reporter: &dyn Reporter,
) -> Result<StageSpec, Error> {
    let state = StageState::look(env, &stage.app, &stage.name).await?;
    refuse_downgrade(state.iter())?;
    as_deployed(env, stage, &state, reporter).await
}

/// Plans a deploy of a stage's two stacks. CodePipeline has made Stateful's change set; this makes Stateless's, if the stack
/// exists. Both wait to be executed.
///
/// # Errors
/// Also when data would be lost, a table already exists that the pipeline would create, or a newer umb deployed the
/// stage last.
pub(crate) async fn propose(
    env: &AwsEnv,
    stage: &StageSpec,
    handed_on: &HandedOn,
    execution: &str,
    reporter: &dyn Reporter,
) -> Result<Plan, Error> {
    let HandedOn {
        stacks: [stateful, stateless],
        function,
    } = handed_on;
    let state = StageState::look(env, &stage.app, &stage.name).await?;
    refuse_downgrade(state.iter())?;
    let existing = state.stateful.as_ref();
    let stateful = plan_change_set(env, stateful, existing, CHANGE_SET).await?;
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
    let stateless =
        replace_plan(env, stateless, existing.as_ref(), &change_set_of(execution)).await?;
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
/// one of the same execution.
///
/// # Errors
/// Also when a new change set would do more than was agreed to.
pub(crate) async fn deploy_stateless(
    env: &AwsEnv,
    rendered: &RenderedStack,
    agreement: Agreement<'_>,
    execution: &str,
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
        None => replace_plan(env, rendered, existing, &change_set_of(execution)).await?,
    };
    let checked = match (&agreement, existing) {
        (Agreement::Exactly(agreed), _) if !plan.does_no_more_than(agreed) => {
            Err(not_as(&plan, agreed))
        }
        (Agreement::NotBeyond(agreed), _) if plan.goes_beyond(agreed) => Err(not_as(&plan, agreed)),
        (Agreement::Rollback, Some(existing)) => refuse_undoing(env, existing, rendered).await,
        _ => Ok(()),
    };
    if let Err(error) = checked {
        // The refusal is what matters. A change set that cannot be deleted now goes with the next plan.
        let _ = env.discard_change_sets().await;
        return Err(error);
    }
    let name = change_set_of(execution);
    let applier = Applier::new(env, reporter).by(&name);
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
    let stack = ended(env, stack, reporter).await?;
    match stack {
        // The pipeline deletes no stacks.
        Some(stack) if stack.status().is_failed_creation() => Err(Error::Leftover {
            stack: stack.id.clone(),
        }),
        stack => Ok(stack),
    }
}

/// Refuses a rollback over what a person has deployed since, or of who may call the API: whoever changed that meant it.
/// The permissions of the function's own role go back with its code.
async fn refuse_undoing(
    env: &AwsEnv,
    existing: &DeployedStack,
    rendered: &RenderedStack,
) -> Result<(), Error> {
    let undone = if was_deployed_by_pipeline(existing.details.change_set.as_deref()) {
        changed_access(env, existing, rendered).await?
    } else {
        vec!["it was deployed by a person since".to_owned()]
    };
    if undone.is_empty() {
        return Ok(());
    }
    Err(Error::RollbackUndoes {
        stack: rendered.id.clone(),
        undone,
    })
}

/// Whether the change set that a stack was changed by last is the pipeline's. If CloudFormation does not say which one was,
/// it counts as that.
fn was_deployed_by_pipeline(last: Option<&str>) -> bool {
    // arn:aws:cloudformation:REGION:ACCOUNT:changeSet/NAME/ID
    last.is_none_or(|arn| {
        let name = arn.split('/').nth(1);
        name.is_some_and(|name| name.starts_with(CHANGE_SET))
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

/// The name of an execution's change set of Stateless: executions that overlap have one each.
fn change_set_of(execution: &str) -> String {
    format!("{CHANGE_SET}-{execution}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_deployed_is_not_the_pipelines() {
        let of = |name: &str| {
            let arn = format!("arn:aws:cloudformation:eu-west-1:111111111111:changeSet/{name}/1");
            was_deployed_by_pipeline(Some(&arn))
        };
        assert!(of(CHANGE_SET) && of(&change_set_of("1234")));
        assert!(!of("umb-00ff-1234") && !of("by-hand"));
        assert!(was_deployed_by_pipeline(None));
    }
}
