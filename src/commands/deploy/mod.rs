//! `umb deploy`

mod command;
mod local;
mod stage;

pub(super) use command::DeployArgs;
