//! What deploys stages by itself: the pipeline, its connection to the repository, and its roles.

mod approvals;
mod bootstrap;
mod connection;
mod error;
mod execution;
mod follow;
mod handed_on;
mod proposal;
mod readiness;
mod runner;
mod stack;
mod state;
mod waiting;

pub(crate) use crate::aws::codeconnections::{Connection, Status as ConnectionStatus};
pub(crate) use approvals::{Approvals, digest_of_broader};
pub(crate) use bootstrap::{
    dependents, has_current_roles, is_current, prepare_bootstrap, provide_bucket,
};
pub(crate) use connection::{
    Provider, connections, create_connection, delete_connection, find_connection, finish_page,
    is_own_connection, until_available,
};
pub(crate) use error::Error;
pub(crate) use execution::PipelineRuns;
pub(crate) use follow::{EndedExecution, FailedAction};
pub(crate) use handed_on::{hand_on, handed_on};
pub(crate) use proposal::Proposal;
pub(crate) use readiness::{forbidden_builds, unconfirmed};
pub(crate) use runner::{RUNNER_IMAGE, Runner, deployed_runner};
pub(crate) use stack::{destroy, plan, prepare};
pub(crate) use state::{Event, Execution, PipelineStatus, Status};
pub(crate) use waiting::{Refused, Waiting};
