//! Stacks, and operations on a whole stack.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cloudformation::types::{self, StackStatus};
use jiff::Timestamp;

use crate::aws::error::Error;
use crate::aws::time::timestamp;

use super::client::CloudFormation;
use super::status::Status;

/// A stack.
#[derive(Debug, Clone)]
pub(crate) struct Stack {
    /// The stack's ARN. Unlike the name, it also finds the stack once it is deleted.
    pub(crate) arn: String,
    /// Its name.
    pub(crate) name: String,
    /// Its status.
    pub(crate) status: Status,
    /// The reason for the status, if CloudFormation says it.
    pub(crate) status_reason: Option<String>,
    /// Its outputs, by key.
    pub(crate) outputs: BTreeMap<String, String>,
    /// Its parameters, by key.
    pub(crate) parameters: BTreeMap<String, String>,
    /// Its tags, by key.
    pub(crate) tags: BTreeMap<String, String>,
    /// The ARN of the change set that was executed last, if CloudFormation says it.
    pub(crate) change_set: Option<String>,
    /// When its last operation started.
    pub(crate) changed: Option<Timestamp>,
    /// The ID of its last operation, for its events.
    pub(crate) last_operation: Option<String>,
    /// The ARN of the role that CloudFormation works with, if it has one.
    pub(crate) role: Option<String>,
    /// Whether it is protected from deletion.
    pub(crate) is_protected: bool,
    /// What the last drift detection found, if there was one: `DRIFTED` or `IN_SYNC`.
    pub(crate) drift: Option<String>,
}

impl CloudFormation {
    /// Returns the stack of this name or ARN. A deleted one is only found by its ARN.
    pub(crate) async fn stack(&self, name: &str) -> Result<Option<Stack>, Error> {
        match self.client.describe_stacks().stack_name(name).send().await {
            Ok(output) => Ok(output.stacks.unwrap_or_default().pop().map(Stack::from)),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(Error::new("CloudFormation DescribeStacks", error)),
        }
    }

    /// Returns all stacks of the account and region that are not deleted.
    pub(crate) async fn stacks(&self) -> Result<Vec<Stack>, Error> {
        let mut pages = self.client.describe_stacks().into_paginator().send();
        let mut stacks = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| Error::new("CloudFormation DescribeStacks", error))?;
            stacks.extend(page.stacks.unwrap_or_default().into_iter().map(Stack::from));
        }
        Ok(stacks)
    }

    /// Returns the ARN of the stack of this name that was deleted last. CloudFormation remembers it for 90
    /// days.
    pub(crate) async fn deleted_stack(&self, name: &str) -> Result<Option<String>, Error> {
        let mut pages = self
            .client
            .list_stacks()
            .stack_status_filter(StackStatus::DeleteComplete)
            .into_paginator()
            .send();
        let mut last: Option<types::StackSummary> = None;
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| Error::new("CloudFormation ListStacks", error))?;
            last = page
                .stack_summaries
                .unwrap_or_default()
                .into_iter()
                .filter(|stack| stack.stack_name.as_deref() == Some(name))
                .chain(last)
                .max_by_key(|stack| stack.deletion_time);
        }
        Ok(last.and_then(|stack| stack.stack_id))
    }

    /// Returns the template of the stack, as it was given.
    pub(crate) async fn template(&self, stack: &str) -> Result<String, Error> {
        let output = self
            .client
            .get_template()
            .stack_name(stack)
            .send()
            .await
            .map_err(|error| Error::new("CloudFormation GetTemplate", error))?;
        Ok(output.template_body.unwrap_or_default())
    }

    /// Sets the stack policy: which updates the stack refuses.
    pub(crate) async fn set_policy(&self, arn: &str, policy: &str) -> Result<(), Error> {
        self.client
            .set_stack_policy()
            .stack_name(arn)
            .stack_policy_body(policy)
            .send()
            .await
            .map_err(|error| Error::new("CloudFormation SetStackPolicy", error))?;
        Ok(())
    }

    /// Sets whether the stack is protected from deletion.
    pub(crate) async fn protect_from_deletion(
        &self,
        arn: &str,
        refuses: bool,
    ) -> Result<(), Error> {
        self.client
            .update_termination_protection()
            .stack_name(arn)
            .enable_termination_protection(refuses)
            .send()
            .await
            .map_err(|error| Error::new("CloudFormation UpdateTerminationProtection", error))?;
        Ok(())
    }

    /// Starts to delete the stack. Its events will have `token`.
    pub(crate) async fn delete_stack(&self, arn: &str, token: &str) -> Result<(), Error> {
        self.client
            .delete_stack()
            .stack_name(arn)
            .client_request_token(token)
            .send()
            .await
            .map_err(|error| Error::new("CloudFormation DeleteStack", error))?;
        Ok(())
    }

    /// Starts to cancel a running update.
    pub(crate) async fn cancel_update(&self, arn: &str) -> Result<(), Error> {
        self.client
            .cancel_update_stack()
            .stack_name(arn)
            .send()
            .await
            .map_err(|error| Error::new("CloudFormation CancelUpdateStack", error))?;
        Ok(())
    }

    /// Starts to continue a failed rollback, without the resources `skipped`.
    pub(crate) async fn continue_rollback(
        &self,
        arn: &str,
        skipped: &[String],
        token: &str,
    ) -> Result<(), Error> {
        self.client
            .continue_update_rollback()
            .stack_name(arn)
            .set_resources_to_skip((!skipped.is_empty()).then(|| skipped.to_vec()))
            .client_request_token(token)
            .send()
            .await
            .map_err(|error| Error::new("CloudFormation ContinueUpdateRollback", error))?;
        Ok(())
    }

    /// Starts to roll back a stack that stopped at a failure.
    pub(crate) async fn roll_back(&self, arn: &str, token: &str) -> Result<(), Error> {
        self.client
            .rollback_stack()
            .stack_name(arn)
            .client_request_token(token)
            .send()
            .await
            .map_err(|error| Error::new("CloudFormation RollbackStack", error))?;
        Ok(())
    }
}

impl From<types::Stack> for Stack {
    fn from(stack: types::Stack) -> Self {
        Self {
            arn: stack.stack_id.unwrap_or_default(),
            name: stack.stack_name.unwrap_or_default(),
            status: Status::new(
                stack
                    .stack_status
                    .map_or_else(String::new, |status| status.as_str().to_owned()),
            ),
            status_reason: stack.stack_status_reason.filter(|text| !text.is_empty()),
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
            change_set: stack.change_set_id.filter(|arn| !arn.is_empty()),
            changed: stack
                .last_updated_time
                .or(stack.creation_time)
                .and_then(timestamp),
            last_operation: stack
                .last_operations
                .unwrap_or_default()
                .into_iter()
                .next()
                .and_then(|operation| operation.operation_id),
            role: stack.role_arn,
            is_protected: stack.enable_termination_protection.unwrap_or(false),
            drift: stack
                .drift_information
                .and_then(|drift| drift.stack_drift_status)
                .filter(|status| *status != types::StackDriftStatus::NotChecked)
                .map(|status| status.as_str().to_owned()),
        }
    }
}

/// CloudFormation has no error code for a missing stack, only this sentence.
pub(super) fn is_missing<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    error.code() == Some("ValidationError")
        && error
            .message()
            .is_some_and(|message| message.contains("does not exist"))
}
