//! `umb pipeline`, and the pipeline as the target of other verbs.

mod approve;
mod broader;
mod command;
mod deploy;
mod deploy_stage;
mod duty;
mod follow;
mod logs;
mod plan_stage;
mod retry;
mod rollback;
mod run;
mod runner_flag;
mod smoke_test;
mod stack;
mod status;
mod stop;
mod synth;
mod watch;

pub(super) use broader::ApprovalsFlag;
pub(super) use command::PipelineArgs;
pub(super) use deploy::{PipelineDeployOptions, deploy};
pub(super) use runner_flag::RunnerFlag;
pub(super) use stack::{destroy, outputs, plan};
