//! `umb init`

mod command;
mod git;
mod question;
mod readme;

pub(super) use command::InitArgs;
