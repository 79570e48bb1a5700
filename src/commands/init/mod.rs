//! `umb init`

mod command;
mod function;
mod question;
mod readme;

pub(super) use command::InitArgs;
