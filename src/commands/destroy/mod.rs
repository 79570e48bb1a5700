//! `umb destroy`

mod all;
mod app_env;
mod command;
mod consent;
mod local;
mod own_connection;
mod stage;

pub(super) use command::DestroyArgs;
