//! CloudFormation: stacks, change sets and what happens in them.

use std::collections::BTreeMap;
use std::fmt;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cloudformation::types::{self, Capability, ChangeSetStatus, ChangeSetType};

use super::{Error, Session};

/// A stack as it is.
#[derive(Debug, Clone)]
pub(crate) struct Stack {
    /// The stack's ARN: unlike the name, it still finds the stack when it is deleted.
    pub(crate) arn: String,
    /// Its name.
    pub(crate) name: String,
    /// Where it stands.
    pub(crate) status: Status,
    /// What the template outputs, by key.
    pub(crate) outputs: BTreeMap<String, String>,
    /// What it was given, by key.
    pub(crate) parameters: BTreeMap<String, String>,
    /// Its tags, by key.
    pub(crate) tags: BTreeMap<String, String>,
}

/// Where a stack or a resource stands, in CloudFormation's words. Source:
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html>.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Status(String);

impl Status {
    /// A status of that name.
    pub(crate) fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// Whether something goes on, or is about to.
    pub(crate) fn is_moving(&self) -> bool {
        self.0.ends_with("_IN_PROGRESS")
    }

    /// Whether it is a stack without resources, waiting for its first change set.
    pub(crate) fn is_in_review(&self) -> bool {
        self.0 == "REVIEW_IN_PROGRESS"
    }

    /// Whether its first creation failed and was rolled back: nothing is left but the name.
    pub(crate) fn is_failed_creation(&self) -> bool {
        self.0 == "ROLLBACK_COMPLETE"
    }

    /// Whether it is a stack that works as its last successful template says.
    pub(crate) fn is_settled(&self) -> bool {
        matches!(
            self.0.as_str(),
            "CREATE_COMPLETE"
                | "IMPORT_COMPLETE"
                | "IMPORT_ROLLBACK_COMPLETE"
                | "UPDATE_COMPLETE"
                | "UPDATE_ROLLBACK_COMPLETE"
        )
    }

    /// Whether the operation that ended in it did what it was asked to.
    pub(crate) fn is_success(&self) -> bool {
        matches!(self.0.as_str(), "CREATE_COMPLETE" | "UPDATE_COMPLETE")
    }

    /// Whether the stack is gone.
    pub(crate) fn is_deleted(&self) -> bool {
        self.0 == "DELETE_COMPLETE"
    }

    /// Whether an update failed, and its rollback too: it can be continued, and nothing is lost.
    pub(crate) fn is_failed_rollback(&self) -> bool {
        self.0 == "UPDATE_ROLLBACK_FAILED"
    }

    /// Whether a resource could not be brought where it should be.
    pub(crate) fn is_failure(&self) -> bool {
        self.0.ends_with("_FAILED")
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Something that happened to a resource of a stack, or to the stack itself.
#[derive(Debug, Clone)]
pub(crate) struct StackEvent {
    pub(crate) id: String,
    pub(crate) logical_id: String,
    pub(crate) physical_id: String,
    pub(crate) resource_type: String,
    pub(crate) status: Status,
    pub(crate) reason: Option<String>,
}

/// What a change set is made of.
#[derive(Debug, Clone)]
pub(crate) struct ChangeSetRequest<'a> {
    /// The change set's name, unique to this run.
    pub(crate) name: &'a str,
    pub(crate) stack: &'a str,
    /// Whether the stack is to be made.
    pub(crate) is_new: bool,
    pub(crate) template: &'a str,
    pub(crate) parameters: &'a BTreeMap<String, String>,
    pub(crate) tags: &'a BTreeMap<String, String>,
}

/// A change set and the stack that it would change.
#[derive(Debug, Clone)]
pub(crate) struct ChangeSet {
    pub(crate) arn: String,
    pub(crate) stack_arn: String,
}

/// What became of a change set's creation.
#[derive(Debug, Clone)]
pub(crate) enum Computed {
    /// It can be executed, and would change this.
    Ready(Vec<Change>),
    /// It would change nothing.
    Empty,
    /// It cannot be: this is why.
    Failed(String),
}

/// What would happen to one resource.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) logical_id: String,
    pub(crate) resource_type: String,
    /// Whether the resource as it is, with all that it holds, would or could be gone.
    pub(crate) loses_it: bool,
}

/// CloudFormation as the session sees it.
#[derive(Debug, Clone)]
pub(crate) struct CloudFormation {
    client: Client,
}

impl CloudFormation {
    pub(crate) fn new(session: &Session) -> Self {
        Self {
            client: Client::new(session.config()),
        }
    }

    /// The stack of this name or ARN; a deleted one is found by its ARN only.
    pub(crate) async fn stack(&self, name: &str) -> Result<Option<Stack>, Error> {
        match self.client.describe_stacks().stack_name(name).send().await {
            Ok(output) => Ok(output.stacks.unwrap_or_default().pop().map(Stack::from)),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(Error::of_call("CloudFormation DescribeStacks", error)),
        }
    }

    /// All stacks of the account and region that are not deleted.
    pub(crate) async fn stacks(&self) -> Result<Vec<Stack>, Error> {
        let mut pages = self.client.describe_stacks().into_paginator().send();
        let mut stacks = Vec::new();
        while let Some(page) = pages.next().await {
            let page =
                page.map_err(|error| Error::of_call("CloudFormation DescribeStacks", error))?;
            stacks.extend(page.stacks.unwrap_or_default().into_iter().map(Stack::from));
        }
        Ok(stacks)
    }

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
        let output = self
            .client
            .create_change_set()
            .stack_name(request.stack)
            .change_set_name(request.name)
            .client_token(request.name)
            .change_set_type(kind)
            .capabilities(Capability::CapabilityIam)
            .template_body(request.template)
            .set_parameters(Some(parameters.collect()))
            .set_tags(Some(tags.collect()))
            .send()
            .await
            .map_err(|error| Error::of_call("CloudFormation CreateChangeSet", error))?;
        Ok(ChangeSet {
            arn: output.id.unwrap_or_default(),
            stack_arn: output.stack_id.unwrap_or_default(),
        })
    }

    /// What became of a change set's creation; `None` while CloudFormation still computes it.
    pub(crate) async fn computed(&self, change_set: &ChangeSet) -> Result<Option<Computed>, Error> {
        let output = self
            .client
            .describe_change_set()
            .change_set_name(&change_set.arn)
            .send()
            .await
            .map_err(|error| Error::of_call("CloudFormation DescribeChangeSet", error))?;
        let reason = output.status_reason.unwrap_or_default();
        Ok(match output.status {
            Some(ChangeSetStatus::CreateComplete) => Some(Computed::Ready(
                output
                    .changes
                    .unwrap_or_default()
                    .into_iter()
                    .filter_map(|change| change.resource_change)
                    .map(Change::from)
                    .collect(),
            )),
            None | Some(ChangeSetStatus::CreateInProgress | ChangeSetStatus::CreatePending) => None,
            Some(ChangeSetStatus::Failed) if says_nothing_to_change(&reason) => {
                Some(Computed::Empty)
            }
            Some(ChangeSetStatus::Failed) => Some(Computed::Failed(reason)),
            Some(other) => Some(Computed::Failed(format!("it is {other}"))),
        })
    }

    /// Throws a change set away.
    pub(crate) async fn delete_change_set(&self, change_set: &ChangeSet) -> Result<(), Error> {
        self.client
            .delete_change_set()
            .change_set_name(&change_set.arn)
            .send()
            .await
            .map_err(|error| Error::of_call("CloudFormation DeleteChangeSet", error))?;
        Ok(())
    }

    /// Starts to change the stack.
    pub(crate) async fn execute_change_set(&self, change_set: &ChangeSet) -> Result<(), Error> {
        self.client
            .execute_change_set()
            .change_set_name(&change_set.arn)
            .send()
            .await
            .map_err(|error| Error::of_call("CloudFormation ExecuteChangeSet", error))?;
        Ok(())
    }

    /// Starts to delete the stack.
    pub(crate) async fn delete_stack(&self, arn: &str) -> Result<(), Error> {
        self.client
            .delete_stack()
            .stack_name(arn)
            .send()
            .await
            .map_err(|error| Error::of_call("CloudFormation DeleteStack", error))?;
        Ok(())
    }

    /// The id of the newest event, after which a new operation's events begin.
    pub(crate) async fn newest_event(&self, stack_arn: &str) -> Result<Option<String>, Error> {
        let page = self
            .client
            .describe_stack_events()
            .stack_name(stack_arn)
            .send()
            .await
            .map_err(|error| Error::of_call("CloudFormation DescribeStackEvents", error))?;
        let newest = page.stack_events.unwrap_or_default().into_iter().next();
        Ok(newest.and_then(|event| event.event_id))
    }

    /// What happened since the event `after`, oldest first; all of it without one.
    pub(crate) async fn events(
        &self,
        stack_arn: &str,
        after: Option<&str>,
    ) -> Result<Vec<StackEvent>, Error> {
        let mut pages = self
            .client
            .describe_stack_events()
            .stack_name(stack_arn)
            .into_paginator()
            .send();
        let mut events = Vec::new();
        'pages: while let Some(page) = pages.next().await {
            let page =
                page.map_err(|error| Error::of_call("CloudFormation DescribeStackEvents", error))?;
            for event in page.stack_events.unwrap_or_default() {
                if after.is_some() && event.event_id.as_deref() == after {
                    break 'pages;
                }
                events.push(StackEvent::from(event));
            }
        }
        events.reverse();
        Ok(events)
    }
}

impl From<types::Stack> for Stack {
    fn from(stack: types::Stack) -> Self {
        Self {
            arn: stack.stack_id.unwrap_or_default(),
            name: stack.stack_name.unwrap_or_default(),
            status: Status(
                stack
                    .stack_status
                    .map_or_else(String::new, |status| status.as_str().to_owned()),
            ),
            outputs: stack
                .outputs
                .unwrap_or_default()
                .into_iter()
                .filter_map(|output| output.output_key.zip(output.output_value))
                .collect(),
            parameters: stack
                .parameters
                .unwrap_or_default()
                .into_iter()
                .filter_map(|parameter| parameter.parameter_key.zip(parameter.parameter_value))
                .collect(),
            tags: stack
                .tags
                .unwrap_or_default()
                .into_iter()
                .filter_map(|tag| tag.key.zip(tag.value))
                .collect(),
        }
    }
}

impl From<types::ResourceChange> for Change {
    fn from(change: types::ResourceChange) -> Self {
        use types::{ChangeAction, Replacement};

        let is_removed = change.action == Some(ChangeAction::Remove);
        // "Conditional" is decided only while it happens.
        let may_be_replaced = matches!(
            change.replacement,
            Some(Replacement::True | Replacement::Conditional)
        );
        Self {
            logical_id: change.logical_resource_id.unwrap_or_default(),
            resource_type: change.resource_type.unwrap_or_default(),
            loses_it: is_removed || may_be_replaced,
        }
    }
}

impl From<types::StackEvent> for StackEvent {
    fn from(event: types::StackEvent) -> Self {
        Self {
            id: event.event_id.unwrap_or_default(),
            logical_id: event.logical_resource_id.unwrap_or_default(),
            physical_id: event.physical_resource_id.unwrap_or_default(),
            resource_type: event.resource_type.unwrap_or_default(),
            status: Status(
                event
                    .resource_status
                    .map_or_else(String::new, |status| status.as_str().to_owned()),
            ),
            reason: event
                .resource_status_reason
                .filter(|reason| !reason.is_empty()),
        }
    }
}

/// `CloudFormation` has no error code for a stack that is not there, only this sentence.
fn is_missing<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    error.code() == Some("ValidationError")
        && error
            .message()
            .is_some_and(|message| message.contains("does not exist"))
}

/// Nor has it a status for a change set that would change nothing: the AWS CLI goes by these
/// sentences too (`aws cloudformation deploy`).
fn says_nothing_to_change(reason: &str) -> bool {
    reason.contains("didn't contain changes") || reason.contains("No updates are to be performed")
}
