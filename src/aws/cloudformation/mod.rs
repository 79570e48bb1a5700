//! CloudFormation: stacks, change sets and events.

mod change_set;
mod client;
mod drift;
mod event;
mod pending;
#[cfg(test)]
mod replay;
mod stack;
mod status;

pub(crate) use change_set::{
    Action, Change, ChangeSet, ChangeSetRequest, Computed, Mode, PropertyChange, TemplateSource,
};
pub(crate) use client::CloudFormation;
#[cfg(test)]
pub(crate) use drift::Difference;
pub(crate) use drift::DriftedResource;
pub(crate) use event::{Since, StackEvent};
pub(crate) use pending::PendingChangeSets;
pub(crate) use stack::Stack;
pub(crate) use status::Status;
