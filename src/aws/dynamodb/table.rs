//! Tables as a whole.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
use aws_sdk_dynamodb::types::{
    BillingMode, BillingModeSummary, PointInTimeRecoverySpecification,
    ProvisionedThroughputDescription, Tag,
};

use crate::aws::busy::while_busy;
use crate::aws::error::Error;
use crate::aws::session::Session;

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) arn: String,
    pub(crate) name: String,
    /// How many items it has, as counted in the last six hours.
    pub(crate) items: u64,
    /// How many bytes they take, likewise.
    pub(crate) bytes: u64,
    /// Whether it is protected from deletion.
    pub(crate) is_protected: bool,
    /// Its read and write capacity units; `None` if it is billed on demand.
    pub(crate) units: Option<(u32, u32)>,
}

/// Returns the table `name`; `None` if there is none, or if it is being deleted.
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
                .map_err(|error| Error::new("DynamoDB DescribeTable", error))?
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
        units: units(
            table.billing_mode_summary.as_ref(),
            table.provisioned_throughput.as_ref(),
        ),
    }))
}

/// Those of a table that is billed on demand are 0. A table that never was has no summary. Source:
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html>.
fn units(
    billing: Option<&BillingModeSummary>,
    throughput: Option<&ProvisionedThroughputDescription>,
) -> Option<(u32, u32)> {
    if billing.and_then(BillingModeSummary::billing_mode) == Some(&BillingMode::PayPerRequest) {
        return None;
    }
    let read = u32::try_from(throughput?.read_capacity_units?).ok()?;
    let write = u32::try_from(throughput?.write_capacity_units?).ok()?;
    Some((read, write))
}

/// Returns the tags of a table, by key.
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
            .map_err(|error| Error::new("DynamoDB ListTagsOfResource", error))?;
        let page_tags = page.tags.unwrap_or_default();
        tags.extend(page_tags.into_iter().map(|tag| (tag.key, tag.value)));
        token = page.next_token;
        if token.is_none() {
            return Ok(tags);
        }
    }
}

/// Tags a table.
pub(crate) async fn tag(
    session: &Session,
    arn: &str,
    tags: &BTreeMap<String, String>,
) -> Result<(), Error> {
    let tags: Result<Vec<_>, _> = tags
        .iter()
        .map(|(key, value)| Tag::builder().key(key).value(value).build())
        .collect();
    let tags = tags.map_err(|error| Error::incomplete("DynamoDB TagResource", error))?;
    let request = Client::new(session.config())
        .tag_resource()
        .resource_arn(arn)
        .set_tags(Some(tags));
    while_busy(async || {
        let tagged = request.clone().send().await;
        tagged.map_err(|error| Error::new("DynamoDB TagResource", error))
    })
    .await?;
    Ok(())
}

/// Enables point-in-time recovery: a table can be restored to any second of the last 35 days.
pub(crate) async fn enable_recovery(session: &Session, name: &str) -> Result<(), Error> {
    let specification = PointInTimeRecoverySpecification::builder()
        .point_in_time_recovery_enabled(true)
        .build()
        .map_err(|error| Error::incomplete("DynamoDB UpdateContinuousBackups", error))?;
    let request = Client::new(session.config())
        .update_continuous_backups()
        .table_name(name)
        .point_in_time_recovery_specification(specification);
    while_busy(async || {
        let enabled = request.clone().send().await;
        enabled.map_err(|error| Error::new("DynamoDB UpdateContinuousBackups", error))
    })
    .await?;
    Ok(())
}

/// Sets whether a table is protected from deletion.
pub(crate) async fn protect(
    session: &Session,
    name: &str,
    is_protected: bool,
) -> Result<(), Error> {
    let request = Client::new(session.config())
        .update_table()
        .table_name(name)
        .deletion_protection_enabled(is_protected);
    while_busy(async || {
        let updated = request.clone().send().await;
        updated.map_err(|error| Error::new("DynamoDB UpdateTable", error))
    })
    .await?;
    Ok(())
}

/// Starts to delete a table with all its items. If there is none, that is fine.
pub(crate) async fn delete(session: &Session, name: &str) -> Result<(), Error> {
    let request = Client::new(session.config())
        .delete_table()
        .table_name(name);
    while_busy(async || match request.clone().send().await {
        Err(error) if error.code() == Some("ResourceNotFoundException") => Ok(()),
        deleted => deleted
            .map(|_| ())
            .map_err(|error| Error::new("DynamoDB DeleteTable", error)),
    })
    .await
}
