//! What stands around the stages: the pipeline that deploys them, and what it needs.

mod connection;
mod error;

pub(crate) use crate::aws::codeconnections::{Connection, Status as ConnectionStatus};
pub(crate) use connection::{
    Provider, connections, create_connection, delete_connection, find_connection, finish_page,
    until_available,
};
pub(crate) use error::Error;
