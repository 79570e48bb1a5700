//! Sends records directly to the table, many with each request: for administrators.
//!
//! A record replaces an existing user: such writes cannot have conditions.

use std::collections::HashSet;
use std::time::Instant;

use crate::aws::dynamodb::Item;
use crate::wait::{Pace, Pauses};

use super::error::Error;
use super::limiter::SharedLimiter;
use super::page::RETRY_FOR;
use super::record::{Outcome, Position, Record};
use super::table::Table;

/// Writes records batch by batch.
#[derive(Debug)]
pub(super) struct TableSender {
    pub(super) table: Table,
    pub(super) limiter: SharedLimiter,
}

impl TableSender {
    /// Sends records, no more than a request takes; returns what became of each. Of those with the same username, the last
    /// one wins.
    pub(super) async fn send(&self, records: &[Record]) -> Result<Vec<(Position, Outcome)>, Error> {
        let mut outcomes = Vec::new();
        let (mut batch, mut names) = (Vec::new(), HashSet::new());
        for record in records {
            let user = match record.valid() {
                Ok(user) => user,
                Err(reason) => {
                    outcomes.push((record.end, record.rejected(reason)));
                    continue;
                }
            };
            // One request must not contain a key twice.
            if !names.insert(user.username().as_str().to_owned()) {
                self.write(std::mem::take(&mut batch)).await?;
                names = HashSet::from([user.username().as_str().to_owned()]);
            }
            batch.push(user.to_stored());
            outcomes.push((record.end, Outcome::Written));
        }
        self.write(batch).await?;
        Ok(outcomes)
    }

    /// Writes items until all are written.
    async fn write(&self, mut items: Vec<Item>) -> Result<(), Error> {
        let mut since = Instant::now();
        let mut pauses = Pauses::new(Pace::REQUEST);
        while !items.is_empty() {
            let started = Instant::now();
            match self.table.put(items.clone()).await {
                Ok(left) if left.is_empty() => {
                    self.limiter.succeeded();
                    return Ok(());
                }
                Ok(left) => {
                    if left.len() < items.len() {
                        since = Instant::now();
                    }
                    items = left;
                }
                Err(error) if error.is_transient() && since.elapsed() < RETRY_FOR => {}
                Err(error) => return Err(error),
            }
            self.limiter.refused(started);
            pauses.wait().await;
        }
        Ok(())
    }
}
