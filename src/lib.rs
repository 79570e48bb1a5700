//! umb deploys, runs, uses and destroys a serverless user-management backend on AWS.
//!
//! [`run`] is the one door: it parses the arguments, resolves the settings, runs one command and
//! turns its outcome into an exit code. `commands/` holds a file per verb; what they call knows
//! neither the command line nor the terminal:
//!
//! - `template/` finishes the CloudFormation bodies of `assets/`,
//! - `deploy/` brings stacks to the state that a template describes, and back to nothing,
//! - `aws/` is the only place that names an AWS service's client,
//! - `api/` calls the deployed HTTP API,
//! - `pipeline/` is what deploys stages by itself, and what it needs,
//! - `bulk/` brings many users into a stage and out of it,
//! - `local/` is the stage on this machine,
//! - `ui/` is the only place that prints.

mod api;
mod artifact;
mod aws;
mod bulk;
mod cli;
mod commands;
mod deploy;
mod error;
mod local;
mod pipeline;
mod settings;
mod template;
mod ui;
mod wait;

use std::ffi::OsString;
use std::process::ExitCode;

/// Runs `umb` with `args` and answers its exit code: 0 done, 1 failed, 2 wrong usage, 3 declined,
/// 130 interrupted.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut ui = ui::Ui::new();
    let outcome = cli::parse(args).and_then(|cli| {
        if cli.command.is_for_programs() {
            ui = ui::Ui::new().for_programs();
        }
        commands::run(cli, &ui)
    });
    ui.result(&outcome);
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            ui.failure(&failure);
            failure.exit_code()
        }
    }
}
