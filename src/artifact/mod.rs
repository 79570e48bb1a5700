//! Executables and the function's package: the embedded one, one that is built from a project's own source, and how any
//! of them is checked.

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
