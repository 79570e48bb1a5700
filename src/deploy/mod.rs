//! The engine: brings a stage's stacks to what their templates say, and back to nothing.
//!
//! CloudFormation does the work; the engine looks where a stage is [`Standing`], plans what it takes to
//! get where it is [`Desired`], applies exactly that plan, follows what happens and explains what went
//! wrong. It reports [`Event`]s, asks nobody and draws nothing.

mod access;
mod apply;
mod asset;
mod bootstrap;
mod checkup;
mod cloud;
mod code;
mod conditions;
mod desired;
mod destroy;
mod diagnose;
mod drift;
mod effect;
mod error;
mod event;
mod follow;
mod guard;
mod lone;
mod plan;
mod proposals;
mod protect;
mod recover;
mod remains;
mod retained;
mod standing;
mod status;
mod transfer;

pub(crate) use crate::aws::cloudformation::{Action, DriftedResource, Mode, PropertyChange};
pub(crate) use crate::aws::dynamodb::Items;
pub(crate) use crate::aws::dynamodb::transfer::Place as S3Place;
pub(crate) use apply::{Deployed, Prepared, apply};
pub(crate) use bootstrap::{bootstrap, dependents, trusted_account};
pub(crate) use checkup::{Checkup, checkup};
pub(crate) use cloud::{Cloud, ENDPOINT_URL, Outputs, Place};
pub(crate) use code::deploy_code;
pub(crate) use desired::{Artifact, Desired};
pub(crate) use destroy::{destroy_bucket, destroy_stage};
pub(crate) use diagnose::{Class, Diagnosis, diagnose};
pub(crate) use drift::{StackDrift, drift};
pub(crate) use error::Error;
pub(crate) use event::{Event, Operation, Reporter};
pub(crate) use guard::{guard, protect_stage};
pub(crate) use lone::{Lone, destroy_lone, find};
pub(crate) use plan::{Plan, ResourcePlan, StackAction, StackPlan};
pub(crate) use recover::{Rest, cancel, roll_back, watch};
pub(crate) use remains::{Remnant, remains};
pub(crate) use retained::{delete_table, has_retained_table};
pub(crate) use standing::Standing;
pub(crate) use status::StageStatus;
pub(crate) use transfer::{Error as TransferError, Moved, export_to, import_from};
