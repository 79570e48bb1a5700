//! A number that is not zero.

use serde::Deserialize;

use super::text::Invalid;

/// A number that is at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u32")]
pub(crate) struct Limit(pub(super) u32);

impl Limit {
    /// The number.
    pub(crate) fn get(self) -> u32 {
        self.0
    }
}

impl TryFrom<u32> for Limit {
    type Error = Invalid;

    fn try_from(number: u32) -> Result<Self, Self::Error> {
        if number > 0 {
            Ok(Self(number))
        } else {
            Err(Invalid("must be at least 1"))
        }
    }
}
