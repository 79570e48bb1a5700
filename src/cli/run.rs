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
            let ui = Ui::new(Output::Text);
            ui.print(text.trim_end());
            return ExitCode::from(ended(0, &ui));
        }
        Parsed::Misuse(text) => {
            Ui::new(Output::Text).note(text.trim_end());
            return ExitCode::from(2);
        }
    };
    let ui = Ui::new(invocation.command.output());
    let outcome = commands::run(invocation, &ui);
    let outcome = outcome.and_then(|exit| Ui::unwritten().map_or(Ok(exit), Err));
    let code = match &outcome {
        Ok(Exit::Done) => 0,
        Ok(Exit::Changes) => 4,
        Err(failure) => failure.code(),
    };
    ui.end(code, outcome.as_ref().err());
    ExitCode::from(ended(code, &ui))
}

/// The exit code of what has succeeded, or would have if its end could be written.
fn ended(code: u8, ui: &Ui) -> u8 {
    match Ui::unwritten().filter(|_| code == 0) {
        Some(failure) => {
            ui.note(&format!("error: {}", failure.cause()));
            failure.code()
        }
        None => code,
    }
}
