//! What flags and the environment decide.

use std::env;
use std::str::FromStr;

use crate::model::{Invalid, Region, StageName};

use super::error::Error;

/// What the command line decides for all commands.
#[derive(Debug, Default, Clone)]
pub(crate) struct Flags {
    pub(crate) region: Option<Region>,
    pub(crate) profile: Option<String>,
}

/// What the environment decides.
#[derive(Debug, Default, Clone)]
pub(crate) struct Environment {
    pub(crate) region: Option<Region>,
    pub(crate) profile: Option<String>,
    pub(crate) stage: Option<StageName>,
}

impl Environment {
    /// Reads the environment's variables.
    ///
    /// # Errors
    /// For a value that cannot be right.
    pub(crate) fn read() -> Result<Self, Error> {
        let region = match variable("AWS_REGION")? {
            Some(region) => Some(region),
            None => variable("AWS_DEFAULT_REGION")?,
        };
        Ok(Self {
            region,
            profile: text("AWS_PROFILE"),
            stage: variable("UMB_STAGE")?,
        })
    }
}

/// The value of a variable, without the blanks around it, such as the line break at the end of a file.
fn text(name: &str) -> Option<String> {
    let value = env::var(name).ok()?;
    let value = value.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

fn variable<T: FromStr<Err = Invalid>>(name: &'static str) -> Result<Option<T>, Error> {
    let parsed = text(name).map(|value| {
        value
            .parse()
            .map_err(|invalid: Invalid| Error::InvalidVariable {
                name,
                rule: invalid.to_string(),
                value,
            })
    });
    parsed.transpose()
}
