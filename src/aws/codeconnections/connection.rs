//! A connection, whichever name of the service it was created under.

use serde::Serialize;

/// A connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Connection {
    pub(crate) name: String,
    /// Of either service: `codestar-connections` or `codeconnections`.
    pub(crate) arn: String,
    /// As AWS calls it, e.g. `GitHub`.
    pub(crate) provider: String,
    pub(crate) status: Status,
}

/// Whether a connection can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Available,
    /// A person must complete it in the console.
    Pending,
    /// The provider no longer accepts it.
    Error,
}

impl Connection {
    /// What is the same of it in an ARN of either service: `connection/UUID`, with region and account.
    pub(super) fn identity(&self) -> &str {
        // arn:aws:SERVICE:REGION:ACCOUNT:connection/UUID
        self.arn.splitn(4, ':').nth(3).unwrap_or(&self.arn)
    }
}
