//! Runs one command.

use std::ffi::OsString;
use std::process::ExitCode;

use crate::commands::{self, Exit};
use crate::ui::{Output, Ui};

use super::parse::{Parsed, parse};

/// Runs `umb` with `args` and returns its exit code: 0 done, 1 failed, 2 wrong usage, 3 declined, 4 something would
/// change, 130 interrupted.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let invocation = match parse(args) {
        Parsed::Invocation(invocation) => *invocation,
        Parsed::Text(text) => {
            Ui::new(Output::Text).print(text.trim_end());
            return ExitCode::SUCCESS;
        }
        Parsed::Misuse(text) => {
            Ui::new(Output::Text).note(text.trim_end());
            return ExitCode::from(2);
        }
    };
    let ui = Ui::new(invocation.command.output());
    let outcome = commands::run(invocation, &ui);
    let code = match &outcome {
        Ok(Exit::Done) => 0,
        Ok(Exit::Changes) => 4,
        Err(failure) => failure.code(),
    };
    ui.end(code, outcome.as_ref().err());
    ExitCode::from(code)
}
