//! The two stacks of a stage: what state they are in, and how they are deployed, protected and destroyed.

mod alarm;
mod api_access;
mod deploy;
mod destroy;
mod diagnose;
mod error;
mod function_code;
mod kept;
mod leftovers;
mod outputs;
mod pipeline;
mod plan;
mod preflight;
mod prepare;
mod rendered;
mod request;
mod retained_table;
mod settle;
mod state;
mod status;

pub(crate) use alarm::watch_alarm;
pub(crate) use api_access::check_access;
pub(crate) use deploy::deploy;
pub(crate) use destroy::destroy;
pub(crate) use diagnose::diagnose;
pub(crate) use error::Error;
pub(crate) use function_code::deploy_code;
pub(crate) use leftovers::{Leftover, leftovers};
pub(crate) use outputs::{items, outputs};
pub(crate) use pipeline::{
    Agreement, HandedOn, deploy_stateless, propose, protect_stage, to_hand_on,
};
pub(crate) use plan::Plan;
pub(crate) use preflight::{Preflight, preflight};
pub(crate) use prepare::Prepared;
pub(crate) use request::DeployRequest;
pub(crate) use retained_table::{
    delete_and_wait, delete_table, has_table, has_tags_of_stage, stage_table,
};
pub(crate) use state::{StageState, deployed_stages};
pub(crate) use status::StageStatus;
