//! Sends records by one of the two transports.

use super::api_sender::ApiSender;
use super::error::Error;
use super::record::{Outcome, Position, Record};
use super::table::Table;
use super::table_sender::TableSender;

/// Sends records.
#[derive(Debug)]
pub(super) enum Sender {
    Api(ApiSender),
    Table(TableSender),
}

impl Sender {
    /// How many records one request takes.
    pub(super) fn batch(&self) -> usize {
        match self {
            Self::Api(_) => 1,
            Self::Table(_) => Table::BATCH,
        }
    }

    /// How many requests may run at the same time.
    pub(super) fn limit(&self) -> usize {
        match self {
            Self::Api(sender) => sender.limiter.limit(),
            Self::Table(sender) => sender.limiter.limit().min(sender.table.concurrency()),
        }
    }

    /// Sends records; returns what became of each.
    pub(super) async fn send(
        &self,
        records: Vec<Record>,
    ) -> Result<Vec<(Position, Outcome)>, Error> {
        match self {
            Self::Table(sender) => sender.send(&records).await,
            Self::Api(sender) => {
                let mut outcomes = Vec::new();
                for record in records {
                    outcomes.push((record.end, sender.send(&record).await?));
                }
                Ok(outcomes)
            }
        }
    }
}
