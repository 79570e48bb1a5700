//! Change sets: what an update would do.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::error::ProvideErrorMetadata as _;
use aws_sdk_cloudformation::types::{
    self, Capability, ChangeSetStatus, ChangeSetType, DeploymentConfig, DeploymentConfigMode,
    DeploymentMode,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::aws::error::Error;

use super::client::CloudFormation;
use super::stack::is_missing;

/// What is needed to create a change set.
#[derive(Debug, Clone)]
pub(crate) struct ChangeSetRequest<'a> {
    /// The change set's name.
    pub(crate) name: &'a str,
    pub(crate) stack: &'a str,
    /// Whether the stack does not exist yet.
    pub(crate) is_new: bool,
    pub(crate) template: TemplateSource<'a>,
    pub(crate) parameters: &'a BTreeMap<String, String>,
    pub(crate) tags: &'a BTreeMap<String, String>,
    /// Whether existing resources with the template's names are imported into the stack.
    pub(crate) imports: bool,
    /// The ARN of the role that CloudFormation works with; else it uses the last role, or the caller's permissions.
    pub(crate) role: Option<&'a str>,
    pub(crate) mode: Mode,
}

/// How CloudFormation gets a template.
#[derive(Debug, Clone, Copy)]
pub(crate) enum TemplateSource<'a> {
    /// With the request: its text.
    Body(&'a str),
    /// From S3, as whoever calls: its address.
    Url(&'a str),
}

/// How CloudFormation deploys.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mode {
    /// As usual.
    #[default]
    Standard,
    /// Without waiting until resources are stable. Rollback stays on.
    Express,
    /// Changes that were made by hand are also reverted.
    RevertDrift,
}

/// A change set and the stack that it would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChangeSet {
    pub(crate) arn: String,
    pub(crate) stack_arn: String,
}

/// The result of a change set's creation.
#[derive(Debug, Clone)]
pub(crate) enum Computed {
    /// It can be executed, and would change this.
    Ready(Vec<Change>),
    /// It would change nothing.
    Empty,
    /// It cannot be executed, for this reason.
    Failed(String),
}

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

impl CloudFormation {
    /// Asks CloudFormation to compute a change set.
    pub(crate) async fn create_change_set(
        &self,
        request: &ChangeSetRequest<'_>,
    ) -> Result<ChangeSet, Error> {
        let parameters = request.parameters.iter().map(|(key, value)| {
            types::Parameter::builder()
                .parameter_key(key)
                .parameter_value(value)
                .build()
        });
        let tags = request
            .tags
            .iter()
            .map(|(key, value)| types::Tag::builder().key(key).value(value).build());
        let kind = if request.is_new {
            ChangeSetType::Create
        } else {
            ChangeSetType::Update
        };
        let (body, url) = match request.template {
            TemplateSource::Body(text) => (Some(text.to_owned()), None),
            TemplateSource::Url(url) => (None, Some(url.to_owned())),
        };
        let output = self
            .client
            .create_change_set()
            .stack_name(request.stack)
            .change_set_name(request.name)
            .client_token(Uuid::new_v4().to_string())
            .change_set_type(kind)
            .capabilities(Capability::CapabilityNamedIam)
            .set_template_body(body)
            .set_template_url(url)
            .set_parameters(Some(parameters.collect()))
            .set_tags(Some(tags.collect()))
            .set_role_arn(request.role.map(str::to_owned))
            .set_import_existing_resources(request.imports.then_some(true))
            .set_deployment_mode(
                (request.mode == Mode::RevertDrift).then_some(DeploymentMode::RevertDrift),
            )
            .set_deployment_config((request.mode == Mode::Express).then(express))
            .send()
            .await
            .map_err(|error| Error::new("CloudFormation CreateChangeSet", error))?;
        Ok(ChangeSet {
            arn: output.id.unwrap_or_default(),
            stack_arn: output.stack_id.unwrap_or_default(),
        })
    }

    /// Returns the change set `name` of a stack.
    pub(crate) async fn change_set(
        &self,
        stack: &str,
        name: &str,
    ) -> Result<Option<ChangeSet>, Error> {
        let described = self
            .client
            .describe_change_set()
            .stack_name(stack)
            .change_set_name(name)
            .send()
            .await;
        match described {
            Ok(found) => Ok(Some(ChangeSet {
                arn: found.change_set_id.unwrap_or_default(),
                stack_arn: found.stack_id.unwrap_or_default(),
            })),
            Err(error) if error.code() == Some("ChangeSetNotFound") || is_missing(&error) => {
                Ok(None)
            }
            Err(error) => Err(Error::new("CloudFormation DescribeChangeSet", error)),
        }
    }

    /// Returns the result of a change set's creation; `None` while CloudFormation still computes it.
    pub(crate) async fn computed(&self, change_set: &ChangeSet) -> Result<Option<Computed>, Error> {
        let mut changes = Vec::new();
        let mut token = None;
        loop {
            let page = self
                .client
                .describe_change_set()
                .stack_name(&change_set.stack_arn)
                .change_set_name(&change_set.arn)
                .include_property_values(true)
                .set_next_token(token)
                .send()
                .await
                .map_err(|error| Error::new("CloudFormation DescribeChangeSet", error))?;
            let reason = page.status_reason.unwrap_or_default();
            match page.status {
                Some(ChangeSetStatus::CreateComplete) => {}
                None | Some(ChangeSetStatus::CreateInProgress | ChangeSetStatus::CreatePending) => {
                    return Ok(None);
                }
                Some(ChangeSetStatus::Failed) if says_nothing_to_change(&reason) => {
                    return Ok(Some(Computed::Empty));
                }
                Some(ChangeSetStatus::Failed) => return Ok(Some(Computed::Failed(reason))),
                Some(other) => return Ok(Some(Computed::Failed(format!("it is {other}")))),
            }
            let resources = page.changes.unwrap_or_default().into_iter();
            changes.extend(
                resources
                    .filter_map(|change| change.resource_change)
                    .map(Change::from),
            );
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(Some(Computed::Ready(changes)));
            }
        }
    }

    /// Whether a stack has any change set, whoever created it.
    pub(crate) async fn has_change_sets(&self, stack_arn: &str) -> Result<bool, Error> {
        let page = self
            .client
            .list_change_sets()
            .stack_name(stack_arn)
            .send()
            .await
            .map_err(|error| Error::new("CloudFormation ListChangeSets", error))?;
        Ok(!page.summaries.unwrap_or_default().is_empty())
    }

    /// Deletes a change set.
    pub(crate) async fn delete_change_set(&self, change_set: &ChangeSet) -> Result<(), Error> {
        self.client
            .delete_change_set()
            // Policies are about the stack.
            .stack_name(&change_set.stack_arn)
            .change_set_name(&change_set.arn)
            .send()
            .await
            .map_err(|error| Error::new("CloudFormation DeleteChangeSet", error))?;
        Ok(())
    }

    /// Starts to execute a change set. Its events will have `token`.
    pub(crate) async fn execute_change_set(
        &self,
        change_set: &ChangeSet,
        token: &str,
    ) -> Result<(), Error> {
        self.client
            .execute_change_set()
            // Policies are about the stack.
            .stack_name(&change_set.stack_arn)
            .change_set_name(&change_set.arn)
            .client_request_token(token)
            .send()
            .await
            .map_err(|error| Error::new("CloudFormation ExecuteChangeSet", error))?;
        Ok(())
    }
}

/// Express mode disables rollback unless told otherwise.
fn express() -> DeploymentConfig {
    DeploymentConfig::builder()
        .mode(DeploymentConfigMode::Express)
        .disable_rollback(false)
        .build()
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

/// CloudFormation has no status for a change set that would change nothing. The AWS CLI recognizes these
/// sentences too (`aws cloudformation deploy`).
fn says_nothing_to_change(reason: &str) -> bool {
    reason.contains("didn't contain changes") || reason.contains("No updates are to be performed")
}
