//! `umb status`

mod command;
mod report;

pub(super) use command::StatusArgs;
