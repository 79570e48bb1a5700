//! `umb init`

mod command;
mod function;
mod git;
mod question;
mod readme;

pub(super) use command::InitArgs;
