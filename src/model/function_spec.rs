//! The function that the stages run.

use std::path::{Component, Path};

use serde::Deserialize;

use super::text::{Invalid, checked_text};

/// The table `[function]` of `umb.toml`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table of the function's keys")]
pub(crate) struct FunctionTable {
    /// The folder with the function's source; without it, the function that is embedded in umb is deployed.
    pub(crate) source: Option<FunctionSource>,
}

checked_text! {
    /// The folder with a function's source, seen from the folder of `umb.toml`.
    FunctionSource, check_source
}

fn check_source(text: &str) -> Result<(), Invalid> {
    let mut components = Path::new(text).components();
    let is_below = components.all(|component| matches!(component, Component::Normal(_)));
    if is_below && !text.is_empty() {
        Ok(())
    } else {
        Err(Invalid(
            "must be a folder below that of umb.toml, such as \"handler\"",
        ))
    }
}
