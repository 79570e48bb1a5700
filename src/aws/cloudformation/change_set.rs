//! Change sets: what an update would do.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::error::ProvideErrorMetadata as _;
use aws_sdk_cloudformation::types::{
    self, Capability, ChangeAction, ChangeSetStatus, ChangeSetType, DeploymentConfig,
    DeploymentConfigMode, DeploymentMode,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::aws::busy::while_role_is_unusable;
use crate::aws::error::Error;

use super::change::Change;
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

impl CloudFormation {
    /// Asks CloudFormation to compute a change set. Retries for two minutes while the role cannot be used yet.
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
        let call = self
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
            .set_deployment_config((request.mode == Mode::Express).then(express));
        let output = while_role_is_unusable(async || {
            let sent = call.clone().send().await;
            sent.map_err(|error| Error::new("CloudFormation CreateChangeSet", error))
        })
        .await?;
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

    /// Returns the result of a change set's creation; `None` while CloudFormation still computes it. A resource that is
    /// already what the template says by now is not changed: CloudFormation only notes that. Source: `SyncWithActual` in
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChange.html>.
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
                    .filter(|change| change.action != Some(ChangeAction::SyncWithActual))
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

/// CloudFormation has no status for a change set that would change nothing. The AWS CLI recognizes these
/// sentences too (`aws cloudformation deploy`).
fn says_nothing_to_change(reason: &str) -> bool {
    reason.contains("didn't contain changes") || reason.contains("No updates are to be performed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_only_noted_is_no_change() {
        let change = |id: &str, action: &str| {
            format!(
                "<member><Type>Resource</Type><ResourceChange><Action>{action}</Action><LogicalResourceId>{id}\
                 </LogicalResourceId><ResourceType>AWS::Logs::LogGroup</ResourceType></ResourceChange></member>"
            )
        };
        let changes = change("Noted", "SyncWithActual") + &change("Changed", "Modify");
        let cloudformation = CloudFormation::replayed(move |_| {
            let result = format!("<Status>CREATE_COMPLETE</Status><Changes>{changes}</Changes>");
            let xml = format!(
                "<DescribeChangeSetResponse><DescribeChangeSetResult>{result}</DescribeChangeSetResult>\
                 </DescribeChangeSetResponse>"
            );
            Some((200, xml))
        });
        let change_set = ChangeSet {
            arn: "arn:aws:cloudformation:eu-west-1:111111111111:changeSet/a/1".to_owned(),
            stack_arn: "arn:aws:cloudformation:eu-west-1:111111111111:stack/a/1".to_owned(),
        };
        let computed = cloudformation.computed(&change_set).await;
        let Ok(Some(Computed::Ready(changes))) = computed else {
            panic!("{computed:?}");
        };
        let changed: Vec<_> = changes.iter().map(|change| &change.logical_id).collect();
        assert_eq!(changed, ["Changed"]);
    }
}
