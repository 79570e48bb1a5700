//! `umb connection`: what the pipeline reaches its repository through.

mod command;
mod create;
mod delete;
mod find;
mod list;
mod show;
mod status;

pub(super) use command::ConnectionArgs;
pub(super) use show::explain_status;
