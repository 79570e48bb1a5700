//! `umb doctor`

mod command;
mod finding;
mod pipeline;
mod readiness;
mod stage;

pub(super) use command::DoctorArgs;
pub(super) use finding::Findings;
pub(super) use readiness::before_pipeline;
