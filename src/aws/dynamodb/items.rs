//! Many items at once, directly to and from a table.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};

use crate::aws::error::Error;
use crate::aws::session::Session;

/// The attributes of an item, by name.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// A table's items.
#[derive(Debug, Clone)]
pub(crate) struct Items {
    client: Client,
    table: String,
    /// The attribute that is the table's key, a string.
    key: &'static str,
}

impl Items {
    /// The most items that one request writes:
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html>.
    pub(crate) const BATCH: usize = 25;

    /// The items of the table `name`, whose key is the string `key`.
    pub(crate) fn new(session: &Session, name: String, key: &'static str) -> Self {
        Self {
            client: Client::new(session.config()),
            table: name,
            key,
        }
    }

    /// The table's name.
    pub(crate) fn table(&self) -> &str {
        &self.table
    }

    /// Puts items, replacing those with the same keys; returns the items that the table had no
    /// capacity for. No two may have the same key.
    pub(crate) async fn put(&self, items: Vec<Item>) -> Result<Vec<Item>, Error> {
        let requests = items
            .into_iter()
            .filter_map(|item| PutRequest::builder().set_item(Some(item)).build().ok())
            .map(|put| WriteRequest::builder().put_request(put).build());
        let output = self
            .client
            .batch_write_item()
            .request_items(&self.table, requests.collect())
            .send()
            .await
            .map_err(|error| Error::new("DynamoDB BatchWriteItem", error))?;
        let left = output.unprocessed_items.unwrap_or_default().into_values();
        Ok(left
            .flatten()
            .filter_map(|request| Some(request.put_request?.item))
            .collect())
    }

    /// Returns one page of one of `segments` parts of the table, after the item with the key `after`, and the key
    /// after which the next page starts, if there is one. With `is_consistent`, every write that was completed before
    /// is visible.
    pub(crate) async fn page(
        &self,
        segment: usize,
        segments: usize,
        after: Option<String>,
        is_consistent: bool,
    ) -> Result<(Vec<Item>, Option<String>), Error> {
        let number = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
        let start = after.map(|after| [(self.key.to_owned(), AttributeValue::S(after))].into());
        let output = self
            .client
            .scan()
            .table_name(&self.table)
            .segment(number(segment))
            .total_segments(number(segments))
            .consistent_read(is_consistent)
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(|error| Error::new("DynamoDB Scan", error))?;
        let last = output.last_evaluated_key.unwrap_or_default();
        let next = last.get(self.key).and_then(|value| value.as_s().ok());
        Ok((output.items.unwrap_or_default(), next.cloned()))
    }
}
