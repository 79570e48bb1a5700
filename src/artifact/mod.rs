//! Executables and the function's package: embedded or built from a project's source, and checked the same way.

mod cargo;
mod error;
mod executable;
mod function;
pub(crate) mod function_source;
mod mark;
mod package;
mod source;

pub(crate) use error::Error;
pub(crate) use executable::architecture;
pub(crate) use function::Artifact;
pub(crate) use function_source::{Files, files};
pub(crate) use mark::umb_version;
pub(crate) use source::Source;
