//! What would be done to one stack, as a value.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::aws::AwsEnv;
use crate::aws::cloudformation::{Action, Change, ChangeSet, Mode, PropertyChange};
use crate::model::StackRef;
use crate::template::{self, HOLDS_DATA, RenderedStack};

use super::broader::{self, Broader};
use super::change_set::{self, Kind, compute, was_created_for};
use super::deployed::DeployedStack;
use super::error::Error;
use super::impact::{self, impact};
use super::replacement;

/// What would be done to one stack.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StackPlan {
    pub(crate) stack: String,
    pub(crate) action: StackAction,
    /// A digest of template, parameters and tags.
    pub(crate) digest: String,
    /// The stack when the plan was made; `None` where there was none.
    #[serde(rename = "before", skip_serializing_if = "Option::is_none")]
    pub(crate) baseline: Option<Baseline>,
    /// What is executed. A stack that is to be created gets its change set later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) change_set: Option<ChangeSet>,
    /// Whether the function gets this umb's code back, after other code was deployed directly.
    pub(crate) reconciles_code: bool,
    pub(crate) resources: Vec<ResourcePlan>,
    /// What the template allows and the deployed one does not.
    pub(crate) broader: Vec<Broader>,
}

/// What is done to a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StackAction {
    Create,
    Update,
    /// The stack is up to date.
    None,
}

/// A stack at one moment. Another operation on it changes this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Baseline {
    pub(crate) arn: String,
    /// When its last operation started.
    pub(crate) changed: Option<Timestamp>,
}

/// What would be done to one resource.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ResourcePlan {
    pub(crate) logical_id: String,
    pub(crate) resource_type: String,
    pub(crate) action: Action,
    pub(crate) properties: Vec<PropertyChange>,
    /// What the users of the stage notice.
    #[serde(rename = "effect")]
    pub(crate) impact: String,
    /// Whether a person has to agree to it.
    pub(crate) needs_consent: bool,
    /// Whether data that only this resource holds would or could be lost.
    pub(crate) loses_data: bool,
}

impl StackPlan {
    /// Whether a person has to agree before it is applied.
    pub(crate) fn needs_consent(&self) -> bool {
        let needs = |resource: &ResourcePlan| resource.needs_consent;
        !self.broader.is_empty() || self.resources.iter().any(needs)
    }

    /// Whether it does to the stack exactly what `other` does, or nothing, because that is done.
    pub(crate) fn does_no_more_than(&self, other: &Self) -> bool {
        if self.action == StackAction::None {
            return self.digest == other.digest;
        }
        self.action == other.action
            && self.digest == other.digest
            // As they are shown: a plan that was saved has no more.
            && json!(self.resources) == json!(other.resources)
            && !self.goes_beyond(other)
    }

    /// Whether it makes something broader that `other` does not, or needs consent where `other` needs none.
    pub(crate) fn goes_beyond(&self, other: &Self) -> bool {
        let is_new = |broader: &Broader| !other.broader.contains(broader);
        self.broader.iter().any(is_new) || (self.needs_consent() && !other.needs_consent())
    }

    /// Whether it imports existing resources into the stack.
    pub(crate) fn imports(&self) -> bool {
        self.resources
            .iter()
            .any(|resource| resource.action == Action::Import)
    }

    /// Imports what holds data instead of creating it; `impact` says what that means.
    pub(crate) fn import(&mut self, impact: &str) {
        for resource in &mut self.resources {
            if holds_data(&resource.resource_type) {
                resource.action = Action::Import;
                impact.clone_into(&mut resource.impact);
            }
        }
    }
}

impl Baseline {
    /// The stack as it is now.
    pub(crate) fn new(stack: &DeployedStack) -> Self {
        Self {
            arn: stack.arn().to_owned(),
            changed: stack.details.changed,
        }
    }
}

/// Refuses changes of a stack by which data that only one resource holds would or could be lost.
///
/// # Errors
/// [`Error::WouldLoseData`].
pub(crate) fn refuse_loss<'a>(
    stack: &StackRef,
    resources: impl IntoIterator<Item = &'a ResourcePlan>,
) -> Result<(), Error> {
    let lost = resources.into_iter().find(|resource| resource.loses_data);
    lost.map_or(Ok(()), |resource| {
        let properties = resource.properties.iter();
        Err(Error::WouldLoseData {
            stack: stack.clone(),
            logical_id: resource.logical_id.clone(),
            resource_type: resource.resource_type.clone(),
            paths: properties.map(|property| property.path.clone()).collect(),
        })
    })
}

/// Plans what it takes to make a stack what its template says. An update's change set stays pending.
pub(crate) async fn plan_stack(
    env: &AwsEnv,
    rendered: &RenderedStack,
    existing: Option<&DeployedStack>,
    mode: Mode,
) -> Result<StackPlan, Error> {
    let plan = StackPlan::unchanged(rendered, existing);
    let Some(existing) = existing else {
        return Ok(plan.creating(env, rendered, additions(rendered)));
    };
    if mode != Mode::RevertDrift && is_up_to_date(existing, rendered) {
        return Ok(plan);
    }
    let change_set = change_set::create(env, rendered, Kind::Update, mode).await?;
    plan.updating(env, rendered, existing, change_set).await
}

/// Plans the same by a change set with a fixed name, in place of any other that has the name.
pub(crate) async fn replace_plan(
    env: &AwsEnv,
    rendered: &RenderedStack,
    existing: Option<&DeployedStack>,
    name: &str,
) -> Result<StackPlan, Error> {
    let plan = StackPlan::unchanged(rendered, existing);
    let Some(existing) = existing else {
        return Ok(plan.creating(env, rendered, additions(rendered)));
    };
    let change_set = change_set::replace(env, rendered, name).await?;
    plan.updating(env, rendered, existing, change_set).await
}

/// Plans what a change set does that somebody else has made of `rendered`.
///
/// # Errors
/// Also when there is no change set of this name.
pub(crate) async fn plan_change_set(
    env: &AwsEnv,
    rendered: &RenderedStack,
    existing: Option<&DeployedStack>,
    name: &str,
) -> Result<StackPlan, Error> {
    let cloudformation = env.cloudformation();
    let found = cloudformation.change_set(&rendered.name(), name).await?;
    let change_set = found.ok_or_else(|| Error::ChangeSetFailed {
        stack: rendered.id.clone(),
        reason: format!("there is no change set {name}"),
    })?;
    let plan = StackPlan::unchanged(rendered, existing);
    let Some(changes) = compute(env, rendered, &change_set).await? else {
        return Ok(plan);
    };
    let plan = plan.with_change_set(change_set);
    let Some(existing) = existing else {
        return Ok(plan.creating(env, rendered, plan_resources(changes)));
    };
    plan.changing(env, rendered, existing, changes).await
}

impl StackPlan {
    /// The plan that leaves a stack as it is.
    fn unchanged(rendered: &RenderedStack, existing: Option<&DeployedStack>) -> Self {
        Self {
            stack: rendered.name(),
            action: StackAction::None,
            digest: rendered.digest.clone(),
            baseline: existing.map(Baseline::new),
            change_set: None,
            reconciles_code: false,
            resources: Vec::new(),
            broader: Vec::new(),
        }
    }

    fn with_change_set(self, change_set: ChangeSet) -> Self {
        Self {
            change_set: Some(change_set),
            ..self
        }
    }

    /// Creates the stack with `resources`.
    fn creating(
        self,
        env: &AwsEnv,
        rendered: &RenderedStack,
        resources: Vec<ResourcePlan>,
    ) -> Self {
        let account = env.account().as_str();
        let first = template::resolved(&rendered.template, &rendered.parameters, account);
        Self {
            action: StackAction::Create,
            resources,
            broader: broader::beyond(&first),
            ..self
        }
    }

    /// Updates the stack by a change set of this run, which is deleted if it would change nothing.
    async fn updating(
        self,
        env: &AwsEnv,
        rendered: &RenderedStack,
        existing: &DeployedStack,
        change_set: ChangeSet,
    ) -> Result<Self, Error> {
        let Some(changes) = compute(env, rendered, &change_set).await? else {
            env.cloudformation().delete_change_set(&change_set).await?;
            env.pending().keep(&change_set);
            return Ok(self);
        };
        let plan = self.with_change_set(change_set);
        plan.changing(env, rendered, existing, changes).await
    }

    /// Makes these changes.
    async fn changing(
        mut self,
        env: &AwsEnv,
        rendered: &RenderedStack,
        existing: &DeployedStack,
        changes: Vec<Change>,
    ) -> Result<Self, Error> {
        self.action = StackAction::Update;
        let [deployed, wanted] = templates(env, existing, rendered).await?;
        self.broader = broader::broader(&deployed, &wanted);
        self.resources = plan_resources(changes);
        Ok(self)
    }
}

/// Returns how `rendered` would change who may call a stack's API, and from where.
pub(crate) async fn changed_access(
    env: &AwsEnv,
    existing: &DeployedStack,
    rendered: &RenderedStack,
) -> Result<Vec<String>, Error> {
    let [deployed, wanted] = templates(env, existing, rendered).await?;
    let closed = broader::access_beyond(&wanted, &deployed).into_iter();
    let closed = closed.map(|access| format!("no longer: {access}"));
    let mut changed = broader::access_beyond(&deployed, &wanted);
    changed.extend(closed);
    Ok(changed)
}

/// Explains what a change set would do to each resource.
pub(crate) fn plan_resources(changes: Vec<Change>) -> Vec<ResourcePlan> {
    let changes = replacement::decide(changes);
    changes
        .iter()
        .map(|change| ResourcePlan::new(change, replacement::is_mere_reference(change, &changes)))
        .collect()
}

/// Whether the stack says of itself that it is what umb would make of it. An update by hand that keeps `DeployedBy` and
/// leaves no trace of a change set goes unnoticed; `--revert-drift` looks closer.
fn is_up_to_date(existing: &DeployedStack, rendered: &RenderedStack) -> bool {
    let has = |wanted: &BTreeMap<String, String>, actual: &BTreeMap<String, String>| {
        wanted
            .iter()
            .all(|(key, value)| actual.get(key) == Some(value))
    };
    let provenance = existing.parameters.provenance.as_ref();
    existing.status().is_success()
        && provenance.is_some_and(|provenance| provenance.digest == rendered.digest)
        && was_created_for(existing.details.change_set.as_deref(), rendered)
        && has(&rendered.parameters, &existing.details.parameters)
        && has(&rendered.tags, &existing.details.tags)
}

/// Returns a stack's template and its next one, with their parameters' values put in.
async fn templates(
    env: &AwsEnv,
    existing: &DeployedStack,
    rendered: &RenderedStack,
) -> Result<[Value; 2], Error> {
    let deployed = env.cloudformation().template(existing.arn()).await?;
    // A template that is not JSON is not umb's. Then all permissions count as new.
    let deployed = serde_json::from_str(&deployed).unwrap_or_default();
    let account = env.account().as_str();
    Ok([
        template::resolved(&deployed, &existing.details.parameters, account),
        template::resolved(&rendered.template, &rendered.parameters, account),
    ])
}

/// Returns what a stack that does not exist yet would hold. Without a change set, which would leave an empty stack
/// behind.
fn additions(rendered: &RenderedStack) -> Vec<ResourcePlan> {
    let resources = rendered.template["Resources"].as_object();
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
            ResourcePlan::new(&change, false)
        })
        .collect()
}

fn holds_data(resource_type: &str) -> bool {
    HOLDS_DATA.contains(&resource_type)
}

impl ResourcePlan {
    /// Explains a change; `is_mere_reference` if it only comes from references to resources that stay.
    fn new(change: &Change, is_mere_reference: bool) -> Self {
        let properties = change.properties.iter();
        let paths: Vec<_> = properties.map(|property| property.path.as_str()).collect();
        let impact = if is_mere_reference {
            impact::REFERENCE
        } else {
            impact(&change.resource_type, change.action, &paths)
        };
        let leaves = match change.action {
            Action::Add | Action::Import | Action::Modify => false,
            Action::MayReplace | Action::Release | Action::Remove | Action::Replace => true,
        };
        Self {
            logical_id: change.logical_id.clone(),
            resource_type: change.resource_type.clone(),
            action: change.action,
            properties: change.properties.clone(),
            impact: impact.text.to_owned(),
            needs_consent: impact.needs_consent,
            loses_data: holds_data(&change.resource_type) && leaves,
        }
    }
}
