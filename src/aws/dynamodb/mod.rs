//! DynamoDB: the table as a thing that is there or not. Single items are the function's business; many at
//! once are in [`Items`].

mod items;
pub(crate) mod transfer;

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
use aws_sdk_dynamodb::types::{PointInTimeRecoverySpecification, Tag};

use super::{Error, Session};

pub(crate) use items::{Item, Items};

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) arn: String,
    pub(crate) name: String,
    /// How many items it has, as counted in the last six hours.
    pub(crate) items: u64,
    /// How many bytes they take, likewise.
    pub(crate) bytes: u64,
    /// Whether it refuses to be deleted.
    pub(crate) is_protected: bool,
}

/// The table `name`; `None` where there is none, or where it is just being deleted.
pub(crate) async fn table(session: &Session, name: &str) -> Result<Option<Table>, Error> {
    let asked = Client::new(session.config())
        .describe_table()
        .table_name(name)
        .send()
        .await;
    let table = match asked {
        Err(error) if error.code() == Some("ResourceNotFoundException") => None,
        asked => {
            asked
                .map_err(|error| Error::of_call("DynamoDB DescribeTable", error))?
                .table
        }
    };
    let number = |value: Option<i64>| u64::try_from(value.unwrap_or(0)).unwrap_or(0);
    Ok(table.map(|table| Table {
        arn: table.table_arn.unwrap_or_default(),
        name: name.to_owned(),
        items: number(table.item_count),
        bytes: number(table.table_size_bytes),
        is_protected: table.deletion_protection_enabled.unwrap_or(false),
    }))
}

/// The tags of a table, by key.
pub(crate) async fn tags(session: &Session, arn: &str) -> Result<BTreeMap<String, String>, Error> {
    let mut tags = BTreeMap::new();
    let mut token = None;
    loop {
        let page = Client::new(session.config())
            .list_tags_of_resource()
            .resource_arn(arn)
            .set_next_token(token)
            .send()
            .await
            .map_err(|error| Error::of_call("DynamoDB ListTagsOfResource", error))?;
        let page_tags = page.tags.unwrap_or_default();
        tags.extend(page_tags.into_iter().map(|tag| (tag.key, tag.value)));
        token = page.next_token;
        if token.is_none() {
            return Ok(tags);
        }
    }
}

/// Gives a table tags.
pub(crate) async fn tag(
    session: &Session,
    arn: &str,
    tags: &BTreeMap<String, String>,
) -> Result<(), Error> {
    let tags: Result<Vec<_>, _> = tags
        .iter()
        .map(|(key, value)| Tag::builder().key(key).value(value).build())
        .collect();
    Client::new(session.config())
        .tag_resource()
        .resource_arn(arn)
        .set_tags(Some(tags.map_err(|error| {
            Error::of_building("DynamoDB TagResource", error)
        })?))
        .send()
        .await
        .map_err(|error| Error::of_call("DynamoDB TagResource", error))?;
    Ok(())
}

/// Lets a table be restored to any second of the last 35 days.
pub(crate) async fn keep_history(session: &Session, name: &str) -> Result<(), Error> {
    let specification = PointInTimeRecoverySpecification::builder()
        .point_in_time_recovery_enabled(true)
        .build()
        .map_err(|error| Error::of_building("DynamoDB UpdateContinuousBackups", error))?;
    Client::new(session.config())
        .update_continuous_backups()
        .table_name(name)
        .point_in_time_recovery_specification(specification)
        .send()
        .await
        .map_err(|error| Error::of_call("DynamoDB UpdateContinuousBackups", error))?;
    Ok(())
}

/// Sets whether a table refuses to be deleted.
pub(crate) async fn protect(
    session: &Session,
    name: &str,
    is_protected: bool,
) -> Result<(), Error> {
    Client::new(session.config())
        .update_table()
        .table_name(name)
        .deletion_protection_enabled(is_protected)
        .send()
        .await
        .map_err(|error| Error::of_call("DynamoDB UpdateTable", error))?;
    Ok(())
}

/// Starts to delete a table with all its items.
pub(crate) async fn delete(session: &Session, name: &str) -> Result<(), Error> {
    Client::new(session.config())
        .delete_table()
        .table_name(name)
        .send()
        .await
        .map_err(|error| Error::of_call("DynamoDB DeleteTable", error))?;
    Ok(())
}
