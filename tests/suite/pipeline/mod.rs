//! The pipeline that deploys the stages by itself.

pub mod around;
mod destroy_all;
mod executions;
mod fakecloud;
mod roles;
mod run;
mod service;
mod stack;
mod synthesized;
mod template;
mod world;
