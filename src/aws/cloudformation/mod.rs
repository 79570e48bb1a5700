//! CloudFormation: stacks, change sets and what happens in them.

mod change_set;
mod drift;
mod event;
mod stack;
mod status;

use aws_sdk_cloudformation::Client;

use super::{Error, Session};

pub(crate) use change_set::{
    Action, Change, ChangeSet, ChangeSetRequest, Computed, Mode, PropertyChange,
};
pub(crate) use drift::DriftedResource;
pub(crate) use event::{Since, StackEvent};
pub(crate) use stack::Stack;
pub(crate) use status::Status;

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
}
