//! The stage on this machine: the same router and store as on AWS, on an embedded database.
//!
//! A folder below the user's state folder holds everything: the users, the record of the server
//! that serves them, its lock and its log. Only the server opens a port, on loopback.

mod auth;
mod embedded_dynamodb;
mod error;
mod process;
mod server;
mod state_dir;
mod table;

pub(crate) use auth::Key;
pub(crate) use error::Error;
pub(crate) use process::{
    ServerOptions, Started, delete_data, delete_leftovers, is_deployed, key, running, start, stop,
};
pub(crate) use server::{BoundServer, Served, serve};
pub(crate) use state_dir::ServerRecord;
pub(crate) use table::Table;
