//! What a deploy of a stage would do, as a value: made without changing anything, shown to people and programs, applied
//! as it is.

use serde::{Deserialize, Serialize};

use crate::aws::AwsEnv;
use crate::aws::cloudformation::ChangeSet;
use crate::aws::dynamodb::Table;
use crate::model::{AccountId, App, Region, StackRef, StageName, StageSpec};
use crate::stack::{
    self, DeployedStack, ResourcePlan, StackAction, StackPlan, plan_stack, refuse_loss,
};
use crate::template;

use super::error::Error;
use super::function_code;
use super::rendered::RenderedStacks;
use super::request::DeployRequest;
use super::retained_table;
use super::state::StageState;

/// The format of plans. Any other is refused.
pub(crate) const FORMAT: u32 = 1;

/// What a deploy of one stage would do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(crate) format: u32,
    /// The version of the umb that made it.
    pub(crate) umb: String,
    pub(crate) app: App,
    pub(crate) stage: StageName,
    pub(crate) account: AccountId,
    pub(crate) region: Region,
    /// SHA-256 of the function's package.
    pub(crate) artifact: String,
    /// Stateful and Stateless, in the order in which they are deployed.
    pub(crate) stacks: Vec<StackPlan>,
}

impl Plan {
    /// Whether nothing would change.
    pub(crate) fn is_empty(&self) -> bool {
        self.stacks
            .iter()
            .all(|stack| stack.action == StackAction::None && !stack.reconciles_code)
    }

    /// The change sets that it consists of.
    pub(crate) fn change_sets(&self) -> impl Iterator<Item = &ChangeSet> {
        self.stacks
            .iter()
            .filter_map(|stack| stack.change_set.as_ref())
    }

    /// Whether a person has to agree before it is applied.
    pub(crate) fn needs_consent(&self) -> bool {
        self.stacks.iter().any(StackPlan::needs_consent)
    }

    /// Refuses a plan that would lose data, except that of the resources `allowed`.
    ///
    /// # Errors
    /// [`stack::Error::WouldLoseData`].
    pub(crate) fn guard(&self, allowed: &[String]) -> Result<(), Error> {
        let stacks = StackRef::pair(&self.app, &self.stage);
        for (id, plan) in stacks.iter().zip(&self.stacks) {
            let is_guarded = |resource: &&ResourcePlan| !allowed.contains(&resource.logical_id);
            refuse_loss(id, plan.resources.iter().filter(is_guarded))?;
        }
        Ok(())
    }
}

/// Plans a deploy. The change sets of the plan stay pending.
///
/// # Errors
/// Also when a newer umb deployed the stage last.
pub(super) async fn plan(
    env: &AwsEnv,
    request: &DeployRequest<'_>,
    rendered: &RenderedStacks,
    state: &StageState,
) -> Result<Plan, Error> {
    if !request.allows_downgrade {
        refuse_downgrade(state.iter())?;
    }
    let [stateful_mode, stateless_mode] = request.modes();
    let existing = state.stateful.as_ref();
    let mut stateful = plan_stack(env, &rendered.stateful, existing, stateful_mode).await?;
    if existing.is_none()
        && let Some(table) = importable_table(env, request.stage).await?
    {
        stateful.import(&format!(
            "the table {} from an earlier deploy is imported, with its users (about {})",
            table.name, table.items
        ));
    }
    let existing = state.stateless.as_ref();
    let mut stateless = plan_stack(env, &rendered.stateless, existing, stateless_mode).await?;
    rendered.logging_role.ask_for(&mut stateless);
    if let Some(existing) = existing
        && existing.parameters.handler_key.as_deref() == Some(rendered.handler_key())
    {
        // As far as CloudFormation knows, the function already has this code, so it would not touch it.
        stateless.reconciles_code = function_code::differs(env, existing, request.artifact).await?;
    }
    Ok(Plan {
        format: FORMAT,
        umb: template::VERSION.to_owned(),
        app: request.stage.app.clone(),
        stage: request.stage.name.clone(),
        account: env.account().clone(),
        region: env.region().clone(),
        artifact: request.artifact.sha256.clone(),
        stacks: vec![stateful, stateless],
    })
}

/// Returns the table that an earlier deploy of the stage left, if this one can import it.
async fn importable_table(env: &AwsEnv, stage: &StageSpec) -> Result<Option<Table>, Error> {
    let Some(table) = retained_table::stage_table(env, stage).await? else {
        return Ok(None);
    };
    let stack = StackRef::stateful(&stage.app, &stage.name);
    if env.cloudformation().stack(&stack.name()).await?.is_some() {
        // Not left by an earlier deploy: another one has created it since this one looked.
        return Err(stack::Error::StackChanged { stack }.into());
    }
    if stage.protected {
        Ok(Some(table))
    } else {
        Err(Error::TableExists {
            stage: stage.name.clone(),
            table: table.name,
            items: table.items,
        })
    }
}

/// Refuses to change stacks of which a newer umb deployed one last.
pub(super) fn refuse_downgrade<'a>(
    stacks: impl IntoIterator<Item = &'a DeployedStack>,
) -> Result<(), Error> {
    let Ok(own) = semver::Version::parse(template::VERSION) else {
        return Ok(());
    };
    for stack in stacks {
        if let Some(provenance) = &stack.parameters.provenance
            && provenance.version > own
        {
            return Err(Error::Downgrade {
                stack: stack.id.clone(),
                newer: provenance.version.to_string(),
                own: own.to_string(),
            });
        }
    }
    Ok(())
}
