//! What the user decided: `umb.toml`, the environment and flags, resolved once.
//!
//! Flags override the environment, the environment overrides the file, and the file overrides the defaults. Commands
//! get [`Settings`] and never look at the sources again.

mod editor;
mod environment;
mod error;
mod file;
mod resolve;
mod source;

pub(crate) use editor::Editor;
pub(crate) use environment::{Environment, Flags};
pub(crate) use error::Error;
pub(crate) use resolve::Settings;
