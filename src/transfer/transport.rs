//! The two ways to reach a stage's users.

use std::sync::Arc;
use std::time::Instant;

use crate::client::Client;
use crate::wait::{Pace, Pauses};

use super::error::Error;
use super::page::{Page, PageRequest, RETRY_FOR};
use super::table::Table;

/// How users are written and read.
#[derive(Debug, Clone)]
pub(crate) enum Transport {
    /// The HTTP API.
    Api(Arc<Client>),
    /// The table, directly.
    Table(Table),
}

impl Transport {
    /// How many parts are read at the same time.
    pub(super) fn parts(&self) -> usize {
        match self {
            Self::Api(_) => 1,
            Self::Table(table) => table.parts(),
        }
    }

    /// Reads one page of users, with retries.
    pub(super) async fn page(&self, request: PageRequest) -> Result<Page, Error> {
        let first = Instant::now();
        let mut pauses = Pauses::new(Pace::REQUEST);
        loop {
            match self.try_page(request.clone()).await {
                Err(error) if error.is_transient() && first.elapsed() < RETRY_FOR => {
                    pauses.wait().await;
                }
                Err(Error::Api(error)) if error.is_transient() => {
                    return Err(Error::Stopped(error));
                }
                page => return page,
            }
        }
    }

    async fn try_page(&self, request: PageRequest) -> Result<Page, Error> {
        match self {
            Self::Table(table) => table.page(request).await,
            Self::Api(client) => {
                let mut page = client.page(request.after.as_deref()).await?;
                // So that the last line ends with a newline, too.
                page.users.push(String::new());
                Ok((page.users.join("\n"), page.next))
            }
        }
    }

    /// A name that no other one has.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Api(client) => client.base().to_owned(),
            Self::Table(table) => format!("table {}", table.name()),
        }
    }
}
