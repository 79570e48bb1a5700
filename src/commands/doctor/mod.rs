//! `umb doctor`

mod command;
mod finding;
mod pipeline;
mod stage;

pub(super) use command::DoctorArgs;
