//! The engine: brings a stage's stacks to what their templates say, and back to nothing.
//!
//! CloudFormation does the work; the engine prepares change sets, follows what happens and explains
//! what went wrong. It reports [`Event`]s and draws nothing.

mod apply;
mod asset;
mod cloud;
mod destroy;
mod error;
mod event;
mod follow;
mod stage;

pub(crate) use apply::{Deployed, Outcome};
pub(crate) use cloud::{Cloud, ENDPOINT_URL, Outputs, Place};
pub(crate) use error::Error;
pub(crate) use event::{Event, Operation, Reporter};
pub(crate) use stage::{Artifact, deploy_stage, destroy_bucket, destroy_stage};
