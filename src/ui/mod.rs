//! The only place that prints: results to stdout, everything else to stderr.
//!
//! What is shown implements [`Show`]: text for a person, JSON for a program. A command says once which of them it wants.

mod console;
mod json;
mod message;
mod outcome;
mod pipeline;
mod progress;
mod render;
mod show;
mod stdout;
mod table;
#[cfg(test)]
mod tests;
mod transfer;

pub(crate) use console::Ui;
pub(crate) use message::Message;
pub(crate) use outcome::Outcome;
pub(crate) use render::{HINT, health};
pub(crate) use show::{Output, Show};
pub(crate) use transfer::TransferProgress;
