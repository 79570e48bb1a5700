//! What deploys stages by itself: the pipeline, its connection to the repository, and its roles.

mod bootstrap;
mod connection;
mod error;
mod execution;
mod follow;
mod manifest;
mod runner;
mod stack;
mod state;

pub(crate) use crate::aws::codeconnections::{Connection, Status as ConnectionStatus};
pub(crate) use bootstrap::{dependents, prepare_bootstrap, trusted_account};
pub(crate) use connection::{
    Provider, connections, create_connection, delete_connection, find_connection, finish_page,
    is_own_connection, until_available,
};
pub(crate) use error::Error;
pub(crate) use execution::PipelineRuns;
pub(crate) use follow::{EndedExecution, FailedAction};
pub(crate) use manifest::Manifest;
pub(crate) use runner::{Runner, deployed_runner};
pub(crate) use stack::{destroy, plan, prepare};
pub(crate) use state::{Event, Execution, PipelineStatus, Status};
