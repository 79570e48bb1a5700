//! The stage on this machine: the same router and store as on AWS, on an embedded engine.
//!
//! A folder below the user's state folder holds everything: the users, the record of the server
//! that serves them, its lock and its log. Only the server opens a port, on loopback.

mod auth;
mod engine;
mod error;
mod process;
mod record;
mod server;
mod table;

pub(crate) use auth::Key;
pub(crate) use error::Error;
pub(crate) use process::{Started, Wish, delete_data, deployed, key, running, start, stop};
pub(crate) use record::Record;
pub(crate) use server::{Ready, serve};
pub(crate) use table::Table;
