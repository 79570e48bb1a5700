//! What a deploy would do, as a value: made by looking, shown to people and programs, applied as it is.

use std::collections::BTreeMap;

use aws_smithy_types::date_time::Format;
use serde::{Deserialize, Serialize};

use crate::aws::cloudformation::{Action, Change, ChangeSet, Mode, PropertyChange, Stack};
use crate::aws::dynamodb::Table;
use crate::template::{self, HANDLER_KEY, Mark};

use super::access::{self, Broader};
use super::desired::{Desired, Wanted};
use super::effect::{self, effect};
use super::proposals::{Kind, compute, made_it_so};
use super::standing::Standing;
use super::{Cloud, Error};
use super::{code, conditions, retained};

/// The plan's form; another one is refused.
pub(crate) const FORMAT: u32 = 1;

/// What a deploy of one stage would do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(crate) format: u32,
    /// The version of the umb that made it.
    pub(crate) umb: String,
    pub(crate) app: String,
    pub(crate) stage: String,
    pub(crate) account: String,
    pub(crate) region: String,
    /// SHA-256 of the function's deployment package.
    pub(crate) artifact: String,
    /// In the order in which they are deployed.
    pub(crate) stacks: Vec<StackPlan>,
}

/// What would happen to one stack.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StackPlan {
    pub(crate) stack: String,
    pub(crate) action: StackAction,
    /// A digest of template, parameters and tags.
    pub(crate) digest: String,
    /// The stack as it was when the plan was made; none where there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) before: Option<Before>,
    /// What is executed; a stack that is to be created gets its own when it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) change_set: Option<ChangeSet>,
    /// Whether the function gets this stage's code back, after another one was put there directly.
    pub(crate) reconciles_code: bool,
    pub(crate) resources: Vec<ResourcePlan>,
    /// Permissions that the template grants and the deployed one does not.
    pub(crate) broader: Vec<Broader>,
}

/// What is done to a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StackAction {
    Create,
    Update,
    /// It is as it should be.
    None,
}

/// A stack at one moment: another operation on it shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Before {
    pub(crate) arn: String,
    /// When its last operation began (RFC 3339).
    pub(crate) changed: Option<String>,
}

/// What would happen to one resource.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ResourcePlan {
    pub(crate) logical_id: String,
    pub(crate) resource_type: String,
    pub(crate) action: Action,
    pub(crate) properties: Vec<PropertyChange>,
    /// What those who use the stage notice.
    pub(crate) effect: String,
    /// Whether a person should have agreed to it.
    pub(crate) needs_consent: bool,
    /// Whether what only this resource holds would or could be gone.
    pub(crate) loses_data: bool,
}

impl Plan {
    /// Whether anything would change.
    pub(crate) fn is_empty(&self) -> bool {
        self.stacks
            .iter()
            .all(|stack| stack.action == StackAction::None && !stack.reconciles_code)
    }

    /// The change sets that wait to be executed.
    pub(crate) fn change_sets(&self) -> impl Iterator<Item = &ChangeSet> {
        self.stacks
            .iter()
            .filter_map(|stack| stack.change_set.as_ref())
    }

    /// Whether a person should be asked before it is applied.
    pub(crate) fn needs_consent(&self) -> bool {
        self.stacks.iter().any(StackPlan::needs_consent)
    }

    /// Stops a plan that would lose data, other than that of the resources `allowed`.
    ///
    /// # Errors
    /// [`Error::WouldLoseData`].
    pub(crate) fn guard(&self, allowed: &[String]) -> Result<(), Error> {
        self.stacks.iter().try_for_each(|stack| {
            let lost = |resource: &&ResourcePlan| !allowed.contains(&resource.logical_id);
            refuse_loss(&stack.stack, stack.resources.iter().filter(lost))
        })
    }
}

/// Stops changes of a stack by which what only a resource holds would or could be gone.
pub(super) fn refuse_loss<'a>(
    stack: &str,
    resources: impl IntoIterator<Item = &'a ResourcePlan>,
) -> Result<(), Error> {
    let lost = resources.into_iter().find(|resource| resource.loses_data);
    lost.map_or(Ok(()), |resource| {
        Err(Error::WouldLoseData {
            stack: stack.to_owned(),
            logical_id: resource.logical_id.clone(),
            resource_type: resource.resource_type.clone(),
            paths: resource
                .properties
                .iter()
                .map(|property| property.path.clone())
                .collect(),
        })
    })
}

impl StackPlan {
    /// Whether a person should be asked before it is applied.
    pub(crate) fn needs_consent(&self) -> bool {
        let asks = |resource: &ResourcePlan| resource.needs_consent;
        !self.broader.is_empty() || self.resources.iter().any(asks)
    }

    /// Whether it takes something into the stack that is there already.
    pub(super) fn adopts(&self) -> bool {
        self.resources
            .iter()
            .any(|resource| resource.action == Action::Import)
    }

    /// Takes a table over instead of making one.
    fn adopt(&mut self, table: Option<&Table>) {
        let Some(table) = table else {
            return;
        };
        for resource in &mut self.resources {
            if template::HOLDS_DATA.contains(&resource.resource_type.as_str()) {
                resource.action = Action::Import;
                resource.effect = format!(
                    "the table {} of an earlier deploy is taken over, with its {} users or so",
                    table.name, table.items
                );
            }
        }
    }
}

impl Before {
    pub(super) fn of(stack: &Stack) -> Self {
        Self {
            arn: stack.arn.clone(),
            changed: stack
                .changed
                .and_then(|changed| changed.fmt(Format::DateTime).ok()),
        }
    }
}

/// Plans a deploy of what is `wanted`, from where the stage is `standing`. The change sets that it needs
/// are among the cloud's proposals.
///
/// # Errors
/// Also when a newer umb deployed last.
pub(super) async fn plan(
    cloud: &Cloud,
    desired: &Desired<'_>,
    wanted: &Wanted,
    standing: &Standing,
) -> Result<Plan, Error> {
    if !desired.allows_downgrade {
        refuse_downgrade(standing)?;
    }
    let [stateful, stateless] = desired.modes();
    let (table, api) = (standing.stateful.as_ref(), standing.stateless.as_ref());
    let mut stateful = stack_plan(cloud, &wanted.stateful, table, stateful).await?;
    if table.is_none() {
        stateful.adopt(retained(cloud, desired.stage).await?.as_ref());
    }
    let mut stateless = stack_plan(cloud, &wanted.stateless, api, stateless).await?;
    if let Some(api) = api
        && api.parameters.get(HANDLER_KEY) == wanted.stateless.parameters.get(HANDLER_KEY)
    {
        // CloudFormation will not touch the code, as far as it knows that is the right one.
        stateless.reconciles_code = code::differs(cloud, api, desired.artifact).await?;
    }
    Ok(Plan {
        format: FORMAT,
        umb: template::VERSION.to_owned(),
        app: desired.stage.app.clone(),
        stage: desired.stage.name.clone(),
        account: cloud.account().to_owned(),
        region: cloud.region().to_owned(),
        artifact: desired.artifact.sha256.to_owned(),
        stacks: vec![stateful, stateless],
    })
}

/// The table that an earlier deploy of the stage left, if this one is to take it over.
async fn retained(cloud: &Cloud, stage: &template::Stage) -> Result<Option<Table>, Error> {
    let table = retained::table(cloud, &stage.app, &stage.name).await?;
    let stack = template::stateful_name(&stage.app, &stage.name);
    if table.is_some() && cloud.cloudformation().stack(&stack).await?.is_some() {
        // Not left by an earlier deploy: made by another one since this one looked.
        return Err(Error::Moved { stack });
    }
    match table {
        Some(table) if !stage.protected => Err(Error::TableIsThere {
            table: table.name,
            items: table.items,
        }),
        table => Ok(table),
    }
}

fn refuse_downgrade(standing: &Standing) -> Result<(), Error> {
    let Ok(own) = semver::Version::parse(template::VERSION) else {
        return Ok(());
    };
    for stack in standing.stacks() {
        if let Some(mark) = Mark::of(&stack.parameters)
            && mark.version > own
        {
            return Err(Error::Downgrade {
                stack: stack.name.clone(),
                newer: mark.version.to_string(),
                own: own.to_string(),
            });
        }
    }
    Ok(())
}

pub(super) async fn stack_plan(
    cloud: &Cloud,
    wanted: &template::Stack,
    existing: Option<&Stack>,
    mode: Mode,
) -> Result<StackPlan, Error> {
    let mut plan = StackPlan {
        stack: wanted.name.clone(),
        action: StackAction::None,
        digest: wanted.digest.clone(),
        before: existing.map(Before::of),
        change_set: None,
        reconciles_code: false,
        resources: Vec::new(),
        broader: Vec::new(),
    };
    let Some(existing) = existing else {
        plan.action = StackAction::Create;
        plan.resources = additions(wanted);
        return Ok(plan);
    };
    if mode != Mode::RevertDrift && is_up_to_date(existing, wanted) {
        return Ok(plan);
    }
    let change_set = cloud.propose(wanted, Kind::Update, mode).await?;
    let Some(changes) = compute(&cloud.cloudformation(), wanted, &change_set).await? else {
        cloud
            .cloudformation()
            .delete_change_set(&change_set)
            .await?;
        cloud.release(&change_set);
        return Ok(plan);
    };
    plan.action = StackAction::Update;
    plan.change_set = Some(change_set);
    if changes
        .iter()
        .any(|change| access::is_about_access(&change.resource_type))
    {
        plan.broader = broader(cloud, existing, wanted).await?;
    }
    plan.resources = resources(changes);
    Ok(plan)
}

/// What a change set would do to each resource.
pub(super) fn resources(changes: Vec<Change>) -> Vec<ResourcePlan> {
    let changes = conditions::decide(changes);
    changes
        .iter()
        .map(|change| ResourcePlan::of(change, conditions::is_echo(change, &changes)))
        .collect()
}

/// Whether the stack says of itself that it is what umb would make of it. Who updates it by hand, keeps
/// `DeployedBy` and leaves no trace of a change set is not noticed; reverting drift looks closer.
fn is_up_to_date(existing: &Stack, wanted: &template::Stack) -> bool {
    let has = |wanted: &BTreeMap<String, String>, actual: &BTreeMap<String, String>| {
        wanted
            .iter()
            .all(|(key, value)| actual.get(key) == Some(value))
    };
    existing.status.is_success()
        && Mark::of(&existing.parameters).is_some_and(|mark| mark.digest == wanted.digest)
        && made_it_so(existing.change_set.as_deref(), wanted)
        && has(&wanted.parameters, &existing.parameters)
        && has(&wanted.tags, &existing.tags)
}

async fn broader(
    cloud: &Cloud,
    existing: &Stack,
    wanted: &template::Stack,
) -> Result<Vec<Broader>, Error> {
    let deployed = cloud.cloudformation().template(&existing.arn).await?;
    // A template that is not JSON is not umb's; then all of the new one counts.
    let deployed = serde_json::from_str(&deployed).unwrap_or_default();
    Ok(access::broader(
        &template::resolved(&deployed, &existing.parameters, cloud.account()),
        &template::resolved(&wanted.template, &wanted.parameters, cloud.account()),
    ))
}

/// What a stack that is not there yet would hold. No change set: that would leave a stack behind which
/// waits for it.
fn additions(wanted: &template::Stack) -> Vec<ResourcePlan> {
    let resources = wanted.template["Resources"].as_object();
    resources
        .into_iter()
        .flatten()
        .map(|(logical_id, resource)| {
            let change = Change {
                action: Action::Add,
                logical_id: logical_id.clone(),
                resource_type: resource["Type"].as_str().unwrap_or_default().to_owned(),
                properties: Vec::new(),
            };
            ResourcePlan::of(&change, false)
        })
        .collect()
}

impl ResourcePlan {
    /// The change in words; `is_echo` where it comes from references to what stays alone.
    fn of(change: &Change, is_echo: bool) -> Self {
        let paths: Vec<_> = change
            .properties
            .iter()
            .map(|property| property.path.as_str())
            .collect();
        let effect = if is_echo {
            effect::ECHO
        } else {
            effect(&change.resource_type, change.action, &paths)
        };
        let holds_data = template::HOLDS_DATA.contains(&change.resource_type.as_str());
        let leaves = match change.action {
            Action::Add | Action::Import | Action::Modify => false,
            Action::MayReplace | Action::Release | Action::Remove | Action::Replace => true,
        };
        Self {
            logical_id: change.logical_id.clone(),
            resource_type: change.resource_type.clone(),
            action: change.action,
            properties: change.properties.clone(),
            effect: effect.words.to_owned(),
            needs_consent: effect.needs_consent,
            loses_data: holds_data && leaves,
        }
    }
}
