//! The events of stacks.

use aws_sdk_cloudformation::types::{self, EventFilter};
use jiff::Timestamp;
use serde::Serialize;

use crate::aws::error::Error;
use crate::aws::time::timestamp;

use super::change_set::ChangeSet;
use super::client::CloudFormation;
use super::status::Status;

/// Something that happened to a resource of a stack, or to the stack itself.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct StackEvent {
    pub(crate) id: String,
    /// When (RFC 3339).
    pub(crate) at: Option<Timestamp>,
    pub(crate) logical_id: String,
    pub(crate) physical_id: String,
    pub(crate) resource_type: String,
    pub(crate) status: Status,
    pub(crate) reason: Option<String>,
}

/// The point after which events matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Since {
    /// After this event.
    Event(String),
    /// From the start of the last operation.
    LastOperation,
}

impl StackEvent {
    /// Whether it is about the stack itself.
    pub(crate) fn is_of_stack(&self, arn: &str) -> bool {
        self.physical_id == arn
    }
}

impl CloudFormation {
    /// Returns the point after the newest event, before those of a new operation.
    pub(crate) async fn since_now(&self, stack_arn: &str) -> Result<Since, Error> {
        let page = self
            .client
            .describe_stack_events()
            .stack_name(stack_arn)
            .send()
            .await
            .map_err(|error| Error::new("CloudFormation DescribeStackEvents", error))?;
        let newest = page.stack_events.unwrap_or_default().into_iter().next();
        let id = newest.and_then(|event| event.event_id);
        Ok(id.map_or(Since::LastOperation, Since::Event))
    }

    /// Returns the events since then, oldest first.
    pub(crate) async fn events(
        &self,
        stack_arn: &str,
        since: &Since,
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
                page.map_err(|error| Error::new("CloudFormation DescribeStackEvents", error))?;
            for event in page.stack_events.unwrap_or_default() {
                let event = StackEvent::from(event);
                if *since == Since::Event(event.id.clone()) {
                    break 'pages;
                }
                let is_first = *since == Since::LastOperation
                    && event.is_of_stack(stack_arn)
                    && event.status.begins_an_operation(event.reason.as_deref());
                events.push(event);
                if is_first {
                    break 'pages;
                }
            }
        }
        events.reverse();
        Ok(events)
    }

    /// Returns what failed in the stack's last operation, oldest first, according to DescribeEvents: including what
    /// CloudFormation found before it started.
    pub(crate) async fn failures(
        &self,
        stack_arn: &str,
        operation: &str,
    ) -> Result<Vec<StackEvent>, Error> {
        let mut pages = self
            .client
            .describe_events()
            .stack_name(stack_arn)
            .operation_id(operation)
            .filters(EventFilter::builder().failed_events(true).build())
            .into_paginator()
            .send();
        let mut events = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| Error::new("CloudFormation DescribeEvents", error))?;
            events.extend(
                page.operation_events
                    .unwrap_or_default()
                    .into_iter()
                    .map(StackEvent::from),
            );
        }
        events.reverse();
        Ok(events)
    }

    /// Returns what CloudFormation found wrong with a change set before it could be executed.
    pub(crate) async fn validation_failures(
        &self,
        change_set: &ChangeSet,
    ) -> Result<Vec<StackEvent>, Error> {
        let page = self
            .client
            .describe_events()
            .change_set_name(&change_set.arn)
            .filters(EventFilter::builder().failed_events(true).build())
            .send()
            .await
            .map_err(|error| Error::new("CloudFormation DescribeEvents", error))?;
        let events = page.operation_events.unwrap_or_default().into_iter();
        Ok(events.map(StackEvent::from).collect())
    }
}

impl From<types::StackEvent> for StackEvent {
    fn from(event: types::StackEvent) -> Self {
        Self {
            id: event.event_id.unwrap_or_default(),
            at: event.timestamp.and_then(timestamp),
            logical_id: event.logical_resource_id.unwrap_or_default(),
            physical_id: event.physical_resource_id.unwrap_or_default(),
            resource_type: event.resource_type.unwrap_or_default(),
            status: status(event.resource_status.as_ref()),
            reason: event
                .resource_status_reason
                .filter(|reason| !reason.is_empty()),
        }
    }
}

impl From<types::OperationEvent> for StackEvent {
    fn from(event: types::OperationEvent) -> Self {
        let validation = event.validation_status_reason.map(|reason| {
            let path = event.validation_path.unwrap_or_default();
            format!("{reason} {path}").trim().to_owned()
        });
        let status = match event.resource_status {
            Some(status) => Status::new(status.as_str()),
            None => Status::new("VALIDATION_FAILED"),
        };
        Self {
            id: event.event_id.unwrap_or_default(),
            at: event.timestamp.and_then(timestamp),
            logical_id: event.logical_resource_id.unwrap_or_default(),
            physical_id: event.physical_resource_id.unwrap_or_default(),
            resource_type: event.resource_type.unwrap_or_default(),
            status,
            reason: validation
                .or(event.resource_status_reason)
                .filter(|reason| !reason.is_empty()),
        }
    }
}

fn status(status: Option<&types::ResourceStatus>) -> Status {
    Status::new(status.map_or("", |status| status.as_str()))
}
