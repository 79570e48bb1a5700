//! What stands around the stages: the pipeline that deploys them, and what it needs.

mod connection;
mod error;
mod execution;
mod follow;
mod stack;
mod state;

pub(crate) use crate::aws::codeconnections::{Connection, Status as ConnectionStatus};
pub(crate) use connection::{
    Provider, connections, create_connection, delete_connection, find_connection, finish_page,
    is_own_connection, until_available,
};
pub(crate) use error::Error;
pub(crate) use execution::Pipeline;
pub(crate) use follow::{Ended, Failed};
pub(crate) use stack::{destroy, plan, prepare};
pub(crate) use state::{Event, Execution, PipelineStatus, Status};
