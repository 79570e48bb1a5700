//! Records straight into the table, many with each request: for administrators.
//!
//! What is written replaces the user that is there; such a write has no conditions.

use std::collections::HashSet;
use std::time::Instant;

use crate::aws::dynamodb::Item;
use crate::wait::{Pace, Pauses};

use super::ledger::Outcome;
use super::limiter::Crowd;
use super::source::{End, Record};
use super::table::Table;
use super::{Error, PATIENCE};

/// Writes records batch by batch.
#[derive(Debug)]
pub(super) struct TableRoad {
    pub(super) table: Table,
    pub(super) crowd: Crowd,
}

impl TableRoad {
    /// Writes some records, no more than a request takes; answers what became of each. Of those with the same
    /// username, the last one stays.
    pub(super) async fn outcomes(&self, records: &[Record]) -> Result<Vec<(End, Outcome)>, Error> {
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
            // One request must not name a key twice.
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

    /// Writes items until none is left.
    async fn write(&self, mut items: Vec<Item>) -> Result<(), Error> {
        let mut since = Instant::now();
        let mut pauses = Pauses::of(Pace::REQUEST);
        while !items.is_empty() {
            let begun = Instant::now();
            match self.table.put(items.clone()).await {
                Ok(left) if left.is_empty() => {
                    self.crowd.went_well();
                    return Ok(());
                }
                Ok(left) => {
                    if left.len() < items.len() {
                        since = Instant::now();
                    }
                    items = left;
                }
                Err(error) if error.is_transient() && since.elapsed() < PATIENCE => {}
                Err(error) => return Err(error),
            }
            self.crowd.was_refused(begun);
            pauses.wait().await;
        }
        Ok(())
    }
}
