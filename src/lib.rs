//! umb deploys, runs, uses and destroys a serverless user-management backend on AWS.
//!
//! [`run`] parses the arguments, resolves the settings, runs one command and turns its outcome into an exit code.
//! `commands/` holds a file per verb. What they call knows neither the command line nor the terminal:
//!
//! - `model/` has the validated names and attributes that everything else speaks,
//! - `settings/` is what the user decided,
//! - `template/` completes the CloudFormation bodies of `assets/`,
//! - `stack/` handles one CloudFormation stack, `stage/` the two stacks of a stage,
//! - `pipeline/` is what deploys stages by itself,
//! - `transfer/` moves many users into a stage and out of it,
//! - `client/` calls the HTTP API,
//! - `local/` is the stage on this machine,
//! - `aws/` is the only place that names an AWS service's SDK,
//! - `network/` knows proxies and certificates,
//! - `error/` turns errors into what a person sees,
//! - `ui/` is the only place that prints.

mod artifact;
mod aws;
mod cli;
mod client;
mod commands;
mod error;
mod local;
mod model;
mod network;
mod pipeline;
mod settings;
mod stack;
mod stage;
mod template;
mod transfer;
mod ui;
mod wait;

pub use cli::run;
