//! What a change set would do to one resource.

use aws_sdk_cloudformation::types::{self, AttributeChangeType};
use serde::{Deserialize, Serialize};

/// What would happen to one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) action: Action,
    pub(crate) logical_id: String,
    pub(crate) resource_type: String,
    pub(crate) properties: Vec<PropertyChange>,
}

/// What is done to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Action {
    /// It is created.
    Add,
    /// It exists, and is imported into the stack.
    Import,
    /// It is changed in place.
    Modify,
    /// It is changed in place or replaced, which is only known during the update.
    MayReplace,
    /// It is replaced by a new one.
    Replace,
    /// It is deleted.
    Remove,
    /// It leaves the stack and stays in the account.
    Release,
}

/// What would happen to one property, with the values that CloudFormation says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PropertyChange {
    /// Where it is, e.g. `/Properties/MemorySize`.
    pub(crate) path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) after: Option<String>,
    /// Whether it requires, or may require, that the resource is replaced.
    #[serde(skip)]
    pub(crate) recreates: bool,
    /// The referenced resources that alone cause the change; none if something else also
    /// causes it.
    #[serde(skip)]
    pub(crate) causes: Vec<String>,
}

impl From<types::ResourceChange> for Change {
    fn from(change: types::ResourceChange) -> Self {
        let action = action(&change);
        Self {
            action,
            logical_id: change.logical_resource_id.unwrap_or_default(),
            resource_type: change.resource_type.unwrap_or_default(),
            properties: properties(change.details.unwrap_or_default()),
        }
    }
}

fn action(change: &types::ResourceChange) -> Action {
    use types::{ChangeAction, PolicyAction, Replacement};

    let replaces = matches!(
        change.policy_action,
        Some(
            PolicyAction::ReplaceAndDelete
                | PolicyAction::ReplaceAndRetain
                | PolicyAction::ReplaceAndSnapshot
        )
    );
    match change.action {
        Some(ChangeAction::Add) => Action::Add,
        Some(ChangeAction::Import) => Action::Import,
        Some(ChangeAction::Remove) if change.policy_action == Some(PolicyAction::Retain) => {
            Action::Release
        }
        Some(ChangeAction::Remove) => Action::Remove,
        _ if replaces || change.replacement == Some(Replacement::True) => Action::Replace,
        _ if change.replacement == Some(Replacement::Conditional) => Action::MayReplace,
        // The SDK may not know all actions yet.
        Some(ChangeAction::Dynamic) => Action::MayReplace,
        _ => Action::Modify,
    }
}

/// CloudFormation lists a property once for every possible reason of its change.
fn properties(details: Vec<types::ResourceChangeDetail>) -> Vec<PropertyChange> {
    let mut properties: Vec<PropertyChange> = Vec::new();
    for detail in details {
        let cause = cause(&detail);
        let Some(change) = detail.target.and_then(|target| property(target, cause)) else {
            continue;
        };
        match properties
            .iter_mut()
            .find(|known| known.path == change.path)
        {
            Some(known) => known.merge(change),
            None => properties.push(change),
        }
    }
    properties
}

/// Returns the resource whose change causes the property's, if it is one.
fn cause(detail: &types::ResourceChangeDetail) -> Option<String> {
    use types::ChangeSource;

    let is_resource = matches!(
        detail.change_source,
        Some(ChangeSource::ResourceReference | ChangeSource::ResourceAttribute)
    );
    let entity = detail.causing_entity.as_deref().filter(|_| is_resource)?;
    entity.split('.').next().map(str::to_owned)
}

fn property(
    target: types::ResourceTargetDefinition,
    cause: Option<String>,
) -> Option<PropertyChange> {
    if target.attribute_change_type == Some(AttributeChangeType::SyncWithActual) {
        return None;
    }
    let attribute = target.attribute.map(|attribute| attribute.to_string());
    let parts: Vec<_> = [attribute, target.name].into_iter().flatten().collect();
    let name = format!("/{}", parts.join("/"));
    Some(PropertyChange {
        path: target
            .path
            .or_else(|| (!parts.is_empty()).then_some(name))?,
        before: target.before_value,
        after: target.after_value,
        recreates: target.requires_recreation != Some(types::RequiresRecreation::Never),
        causes: cause.into_iter().collect(),
    })
}

impl PropertyChange {
    /// Another description of the same change.
    fn merge(&mut self, other: Self) {
        self.before = self.before.take().or(other.before);
        self.after = self.after.take().or(other.after);
        self.recreates |= other.recreates;
        if self.causes.is_empty() || other.causes.is_empty() {
            self.causes.clear();
        } else {
            self.causes.extend(other.causes);
        }
    }
}
