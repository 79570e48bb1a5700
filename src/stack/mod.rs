//! One CloudFormation stack, whoever owns it: plan, change sets, execute, follow, delete, recover, diagnose.
//!
//! CloudFormation does the work. This decides what it is asked to do, follows what happens and explains what went
//! wrong. It reports [`Event`]s, asks nobody and draws nothing.

mod app_stack;
pub(crate) mod asset_bucket;
mod broader;
mod change_set;
mod delete;
mod deployed;
mod diagnose;
mod diagnosis;
mod drift;
mod error;
mod event;
mod execute;
mod follow;
mod impact;
mod logging_role;
mod outputs;
mod plan;
mod protection;
mod recover;
mod replacement;
mod settle;
mod status;

pub(crate) use app_stack::{AppStack, find_app_stack};
pub(crate) use broader::{digest as broader_digest, lines as broader_lines};
pub(crate) use change_set::LARGEST_BODY;
pub(crate) use delete::delete_if_owned;
pub(crate) use deployed::DeployedStack;
pub(crate) use diagnose::diagnose_stack;
#[cfg(test)]
pub(crate) use diagnosis::Culprit;
pub(crate) use diagnosis::{Class, Diagnosis};
pub(crate) use drift::{StackDrift, drift};
pub(crate) use error::Error;
pub(crate) use event::{Event, Operation, Reporter, Upload};
pub(crate) use execute::{Applier, Deployed};
pub(crate) use logging_role::{LoggingRole, NamedRole};
pub(crate) use outputs::{ENDPOINT_URL, Outputs, REST_API_ID, endpoint, reachable};
pub(crate) use plan::{
    Baseline, ResourcePlan, StackAction, StackPlan, changed_access, plan_change_set, plan_stack,
    refuse_loss, replace_plan,
};
pub(crate) use protection::protect;
pub(crate) use recover::{StackOutcome, cancel, roll_back, watch};
pub(crate) use settle::{ended, needs_repair, settle};
pub(crate) use status::StackStatus;
