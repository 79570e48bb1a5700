//! A stage's table, on AWS or on this machine.

use std::io;

use umb_handler::json;

use crate::aws::dynamodb::{self, Item};
use crate::local;

use super::error::Error;
use super::page::{Page, PageRequest};

/// How many parts of a table on AWS are read at the same time.
const SEGMENTS: usize = 4;

/// The local table handles one request at a time; another one is prepared meanwhile.
const LOCAL_CONCURRENCY: usize = 2;

/// The table that users are written to and read from.
#[derive(Debug, Clone)]
pub(crate) enum Table {
    Cloud(dynamodb::Items),
    Local(local::Table),
}

impl Table {
    /// How many items one request writes at the most.
    pub(super) const BATCH: usize = dynamodb::Items::BATCH;

    pub(super) fn name(&self) -> &str {
        match self {
            Self::Cloud(items) => items.table(),
            Self::Local(table) => table.name(),
        }
    }

    /// How many parts are read at the same time.
    pub(super) fn parts(&self) -> usize {
        match self {
            Self::Cloud(_) => SEGMENTS,
            Self::Local(_) => 1,
        }
    }

    /// How many requests it can handle at the same time. More would only wait for each other.
    pub(super) fn concurrency(&self) -> usize {
        match self {
            Self::Cloud(_) => usize::MAX,
            Self::Local(_) => LOCAL_CONCURRENCY,
        }
    }

    /// Puts items, replacing existing ones; returns those that the table had no capacity for. No two may have the same
    /// key.
    pub(super) async fn put(&self, items: Vec<Item>) -> Result<Vec<Item>, Error> {
        match self {
            Self::Cloud(table) => Ok(table.put(items).await?),
            Self::Local(table) => {
                table.put(items).await?;
                Ok(Vec::new())
            }
        }
    }

    /// Reads one page of a part.
    pub(super) async fn page(&self, request: PageRequest) -> Result<Page, Error> {
        match self {
            Self::Local(table) => Ok(table.page(request.after).await?),
            Self::Cloud(table) => {
                let (part, parts) = (request.part, self.parts());
                let page = table.page(part, parts, request.after, request.is_consistent);
                let (items, next) = page.await?;
                Ok((lines(items)?, next))
            }
        }
    }
}

/// Returns items as the API shows them: JSON objects, one per line.
fn lines(items: Vec<Item>) -> Result<String, Error> {
    let mut lines = String::new();
    for item in items {
        let (attributes, _) = umb_handler::user::shown(item);
        let line = json::document(|writer| json::write_item(&attributes, writer));
        let line = String::from_utf8(line.map_err(Error::Read)?);
        lines.push_str(&line.map_err(|error| Error::Read(io::Error::other(error)))?);
        lines.push('\n');
    }
    Ok(lines)
}
