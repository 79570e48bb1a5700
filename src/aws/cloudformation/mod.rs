//! CloudFormation: stacks, change sets and events.

mod change;
mod change_set;
mod client;
mod drift;
mod event;
mod pending;
#[cfg(test)]
mod replay;
mod stack;
mod status;

pub(crate) use change::{Action, Change, PropertyChange};
pub(crate) use change_set::{ChangeSet, ChangeSetRequest, Computed, Mode, TemplateSource};
pub(crate) use client::CloudFormation;
pub(crate) use drift::{Difference, DriftedResource};
pub(crate) use event::{Since, StackEvent};
pub(crate) use pending::PendingChangeSets;
pub(crate) use stack::Stack;
pub(crate) use status::Status;
