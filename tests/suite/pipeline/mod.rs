//! The pipeline that deploys the stages by itself.

pub mod agreement;
pub mod around;
mod changes;
mod destroy_all;
mod duties;
mod execution;
mod executions;
mod fakecloud;
mod figures;
mod function;
mod readiness;
mod roles;
mod run;
mod service;
mod stack;
mod synthesized;
mod template;
mod unused_permissions;
mod world;
