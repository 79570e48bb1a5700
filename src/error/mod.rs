//! What a person sees when something fails: a cause, the chain behind it, and what to do next.
//!
//! Modules describe what happened in error types of their own. Here, and only here, those get a [`Kind`], which decides the
//! exit code, and a hint that names the next command. The error itself is kept.

mod aws;
mod failure;
mod hints;
mod stack;
mod stage;
#[cfg(test)]
mod tests;

pub(crate) use failure::{Failure, Kind};
