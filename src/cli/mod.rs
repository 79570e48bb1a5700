//! The command line: from arguments to an exit code.

mod help;
mod parse;
mod run;

pub use run::run;
