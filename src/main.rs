//! The `umb` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    umb::run(std::env::args_os())
}
