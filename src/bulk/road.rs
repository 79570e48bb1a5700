//! The two ways to a stage's users.

use std::sync::Arc;
use std::time::Instant;

use crate::api::Client;
use crate::wait::{Pace, Pauses};

use super::table::Table;
use super::{Error, PATIENCE};

/// Where users go, or come from.
#[derive(Debug, Clone)]
pub(crate) enum Road {
    /// The HTTP API.
    Api(Arc<Client>),
    /// Its table.
    Table(Table),
}

/// Users, each a JSON object in a line of its own, and where to go on.
pub(super) type Page = (String, Option<String>);

/// Where a page is.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) part: usize,
    /// The key or the token that it is behind.
    pub(super) after: Option<String>,
    /// Whether every write that was answered before must be seen.
    pub(super) is_consistent: bool,
}

impl Road {
    /// How many parts users come in at the same time.
    pub(super) fn parts(&self) -> usize {
        match self {
            Self::Api(_) => 1,
            Self::Table(table) => table.parts(),
        }
    }

    /// One page of users, asked for again where it may well be answered in a moment.
    pub(super) async fn page(&self, place: Place) -> Result<Page, Error> {
        let first = Instant::now();
        let mut pauses = Pauses::of(Pace::REQUEST);
        loop {
            match self.try_page(place.clone()).await {
                Err(error) if error.is_transient() && first.elapsed() < PATIENCE => {
                    pauses.wait().await;
                }
                Err(Error::Api(error)) if error.is_transient() => {
                    return Err(Error::Stopped(error));
                }
                page => return page,
            }
        }
    }

    async fn try_page(&self, place: Place) -> Result<Page, Error> {
        match self {
            Self::Table(table) => table.page(place).await,
            Self::Api(client) => {
                let mut page = client.page(place.after.as_deref()).await?;
                // So that the last one ends with a newline, too; where there is none, none does.
                page.users.push(String::new());
                Ok((page.users.join("\n"), page.next))
            }
        }
    }

    /// What tells it from another one.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Api(client) => client.base().to_owned(),
            Self::Table(table) => format!("table {}", table.name()),
        }
    }
}
