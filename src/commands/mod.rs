//! The commands, a file per verb: arguments, and a `run` that reads like a sentence.

mod app_stack;
mod artifact;
mod bootstrap;
mod build;
mod cancel;
mod command;
mod connection;
mod deploy;
mod deploy_options;
mod destroy;
mod diagnose;
mod doctor;
mod drift;
mod exit;
mod git;
mod given_flags;
mod init;
mod interrupt;
mod interrupt_table;
mod local_server;
mod outputs;
mod permissions;
mod pipeline;
mod plan;
mod rollback;
mod status;
mod synth;
mod target;
mod users;
mod watch;

pub(crate) use command::{Command, Invocation, run};
pub(crate) use exit::Exit;
pub(crate) use given_flags::GivenFlags;
