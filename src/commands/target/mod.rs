//! What a command works on: a stage, the pipeline or everything.

mod cloud;
mod local;
mod parse;
mod place;
mod stage;

pub(super) use cloud::{CloudStage, refuse_protected};
pub(super) use local::LocalStage;
pub(super) use parse::{Target, TargetKind, cloud_stage};
pub(super) use place::announce;
pub(super) use stage::TargetStage;
