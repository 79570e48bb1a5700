//! The two ways to a stage's users.

use std::sync::Arc;

use crate::api::Client;

use super::table::Table;

/// Where users go, or come from.
#[derive(Debug, Clone)]
pub(crate) enum Road {
    /// The HTTP API.
    Api(Arc<Client>),
    /// Its table.
    Table(Table),
}

impl Road {
    /// What tells it from another one.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Api(client) => client.base().to_owned(),
            Self::Table(table) => format!("table {}", table.name()),
        }
    }
}
