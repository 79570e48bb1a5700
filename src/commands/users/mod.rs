//! `umb users`

mod api;
mod attributes;
mod command;
mod create;
mod curl;
mod delete;
mod export;
mod file_options;
mod get;
mod import;
mod list;
mod one_user;
mod request;
mod route;
mod s3;
mod update;

pub(super) use command::UsersArgs;
