//! Whole tables, moved by DynamoDB itself: into a bucket, and out of one into a new table. Sources:
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.HowItWorks.html>,
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataImport.HowItWorks.html>.

use std::fmt;
use std::str::FromStr;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{BuildError, ProvideErrorMetadata as _};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, ExportDescription, ExportFormat, ExportStatus, ImportStatus,
    ImportTableDescription, InputCompressionType, InputFormat, KeySchemaElement, KeyType,
    ProvisionedThroughput, S3BucketSource, ScalarAttributeType, TableCreationParameters,
};

use crate::aws::{Error, Session};

/// A place in S3: `s3://bucket/prefix`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    bucket: String,
    /// Without slashes around it; empty for the whole bucket.
    prefix: String,
}

impl FromStr for Place {
    type Err = &'static str;

    fn from_str(url: &str) -> Result<Self, Self::Err> {
        let place = url
            .strip_prefix("s3://")
            .ok_or("is not like s3://BUCKET/PREFIX")?;
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        if bucket.is_empty() {
            return Err("names no bucket");
        }
        Ok(Self {
            bucket: bucket.to_owned(),
            prefix: prefix.trim_matches('/').to_owned(),
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "s3://{}/{}", self.bucket, self.prefix)
    }
}

impl Place {
    /// What an optional prefix is to AWS.
    fn of(bucket: Option<String>, prefix: Option<String>) -> Self {
        Self {
            bucket: bucket.unwrap_or_default(),
            prefix: prefix.unwrap_or_default().trim_matches('/').to_owned(),
        }
    }

    /// Where in it the data of an export is, by the last part of its ARN:
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Output.html>.
    fn data(&self, export_arn: &str) -> Self {
        let id = export_arn.rsplit('/').next().unwrap_or_default();
        let prefix = format!("{}/AWSDynamoDB/{id}/data", self.prefix);
        Self {
            bucket: self.bucket.clone(),
            prefix: prefix.trim_start_matches('/').to_owned(),
        }
    }

    fn prefix(&self) -> Option<String> {
        (!self.prefix.is_empty()).then(|| self.prefix.clone())
    }
}

/// How a transfer stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum State {
    UnderWay,
    Done,
    /// And why.
    Failed(String),
}

/// One export or import.
#[derive(Debug, Clone)]
pub(crate) struct Transfer {
    /// By which AWS knows it.
    pub(crate) arn: String,
    /// Where in S3.
    pub(crate) place: Place,
    pub(crate) state: State,
    /// How many items were moved so far, as far as AWS says.
    pub(crate) items: u64,
    /// Where an export puts its data.
    pub(crate) data: Option<Place>,
}

/// What a new table is to be like.
#[derive(Debug, Clone)]
pub(crate) struct NewTable {
    pub(crate) name: String,
    /// The attribute that is its key, a string.
    pub(crate) key: &'static str,
    /// Read and write capacity units, if they are provisioned.
    pub(crate) capacity: Option<(u32, u32)>,
}

/// Why an export did not begin.
pub(crate) enum NoExport {
    /// The table keeps no history, out of which AWS exports.
    NoHistory,
    Failed(Error),
}

/// Begins to export a table as it is now.
pub(crate) async fn start_export(
    session: &Session,
    table_arn: &str,
    place: &Place,
) -> Result<Transfer, NoExport> {
    let started = Client::new(session.config())
        .export_table_to_point_in_time()
        .table_arn(table_arn)
        .s3_bucket(&place.bucket)
        .set_s3_prefix(place.prefix())
        .export_format(ExportFormat::DynamodbJson)
        .send()
        .await;
    match started {
        Ok(output) => described(output.export_description).map_err(NoExport::Failed),
        Err(error) if error.code() == Some("PointInTimeRecoveryUnavailableException") => {
            Err(NoExport::NoHistory)
        }
        Err(error) => Err(NoExport::Failed(Error::of_call(
            "DynamoDB ExportTableToPointInTime",
            error,
        ))),
    }
}

/// How an export stands.
pub(crate) async fn export(session: &Session, arn: &str) -> Result<Transfer, Error> {
    let output = Client::new(session.config())
        .describe_export()
        .export_arn(arn)
        .send()
        .await
        .map_err(|error| Error::of_call("DynamoDB DescribeExport", error))?;
    described(output.export_description)
}

/// The exports of a table that are under way.
pub(crate) async fn exports_under_way(
    session: &Session,
    table_arn: &str,
) -> Result<Vec<Transfer>, Error> {
    let mut pages = Client::new(session.config())
        .list_exports()
        .table_arn(table_arn)
        .into_paginator()
        .send();
    let mut under_way = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| Error::of_call("DynamoDB ListExports", error))?;
        for summary in page.export_summaries.unwrap_or_default() {
            if summary.export_status == Some(ExportStatus::InProgress) {
                under_way.push(export(session, &summary.export_arn.unwrap_or_default()).await?);
            }
        }
    }
    Ok(under_way)
}

/// Begins to import what an export has written into a table, which is made for it.
pub(crate) async fn start_import(
    session: &Session,
    place: &Place,
    table: NewTable,
) -> Result<Transfer, Error> {
    let unbuilt = |error| Error::of_building("DynamoDB ImportTable", error);
    let source = S3BucketSource::builder()
        .s3_bucket(&place.bucket)
        .set_s3_key_prefix(place.prefix())
        .build()
        .map_err(unbuilt)?;
    let parameters = table.parameters().map_err(unbuilt)?;
    let output = Client::new(session.config())
        .import_table()
        .s3_bucket_source(source)
        .input_format(InputFormat::DynamodbJson)
        .input_compression_type(InputCompressionType::Gzip)
        .table_creation_parameters(parameters)
        .send()
        .await
        .map_err(|error| Error::of_call("DynamoDB ImportTable", error))?;
    described(output.import_table_description)
}

/// How an import stands.
pub(crate) async fn import(session: &Session, arn: &str) -> Result<Transfer, Error> {
    let output = Client::new(session.config())
        .describe_import()
        .import_arn(arn)
        .send()
        .await
        .map_err(|error| Error::of_call("DynamoDB DescribeImport", error))?;
    described(output.import_table_description)
}

/// The imports into a table, of which there can be but one.
pub(crate) async fn import_into(
    session: &Session,
    table_arn: &str,
) -> Result<Option<Transfer>, Error> {
    let output = Client::new(session.config())
        .list_imports()
        .table_arn(table_arn)
        .send()
        .await
        .map_err(|error| Error::of_call("DynamoDB ListImports", error))?;
    let first = output.import_summary_list.unwrap_or_default().pop();
    match first.and_then(|summary| summary.import_arn) {
        Some(arn) => import(session, &arn).await.map(Some),
        None => Ok(None),
    }
}

/// What AWS says of a transfer, which it always does.
fn described<D: Into<Transfer>>(description: Option<D>) -> Result<Transfer, Error> {
    description
        .map(Into::into)
        .ok_or_else(|| Error::unexpected("DynamoDB"))
}

impl NewTable {
    fn parameters(self) -> Result<TableCreationParameters, BuildError> {
        let key = AttributeDefinition::builder()
            .attribute_name(self.key)
            .attribute_type(ScalarAttributeType::S);
        let schema = KeySchemaElement::builder()
            .attribute_name(self.key)
            .key_type(KeyType::Hash);
        let table = TableCreationParameters::builder()
            .table_name(self.name)
            .attribute_definitions(key.build()?)
            .key_schema(schema.build()?);
        let Some((read, write)) = self.capacity else {
            return table.billing_mode(BillingMode::PayPerRequest).build();
        };
        let throughput = ProvisionedThroughput::builder()
            .read_capacity_units(read.into())
            .write_capacity_units(write.into());
        table
            .billing_mode(BillingMode::Provisioned)
            .provisioned_throughput(throughput.build()?)
            .build()
    }
}

impl From<ExportDescription> for Transfer {
    fn from(export: ExportDescription) -> Self {
        let arn = export.export_arn.unwrap_or_default();
        let place = Place::of(export.s3_bucket, export.s3_prefix);
        let state = match export.export_status {
            Some(ExportStatus::Completed) => State::Done,
            Some(ExportStatus::Failed) => failed(export.failure_code, export.failure_message),
            _ => State::UnderWay,
        };
        let data = place.data(&arn);
        Self {
            arn,
            place,
            state,
            items: count(export.item_count.unwrap_or(0)),
            data: Some(data),
        }
    }
}

impl From<ImportTableDescription> for Transfer {
    fn from(import: ImportTableDescription) -> Self {
        let source = import.s3_bucket_source;
        let place = source.map_or_else(
            || Place::of(None, None),
            |source| Place::of(Some(source.s3_bucket), source.s3_key_prefix),
        );
        let state = match import.import_status {
            Some(ImportStatus::Completed) => State::Done,
            Some(ImportStatus::Failed | ImportStatus::Cancelled) => {
                failed(import.failure_code, import.failure_message)
            }
            _ => State::UnderWay,
        };
        Self {
            arn: import.import_arn.unwrap_or_default(),
            place,
            state,
            items: count(import.imported_item_count),
            data: None,
        }
    }
}

fn failed(code: Option<String>, message: Option<String>) -> State {
    let reason = [code, message].into_iter().flatten();
    State::Failed(reason.collect::<Vec<_>>().join(": "))
}

fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_bucket_and_a_prefix() {
        for (url, shown) in [
            ("s3://bucket/a/b", "s3://bucket/a/b"),
            ("s3://bucket/a/b/", "s3://bucket/a/b"),
            ("s3://bucket", "s3://bucket/"),
            ("s3://bucket/", "s3://bucket/"),
        ] {
            let place: Place = url.parse().expect("valid");
            assert_eq!(place.to_string(), shown);
        }
        for url in ["bucket/a", "https://bucket/a", "s3://", "s3:///a"] {
            assert!(url.parse::<Place>().is_err(), "{url}");
        }
    }

    #[test]
    fn the_data_of_an_export_is_where_its_arn_says() {
        let arn = "arn:aws:dynamodb:eu-west-1:111111111111:table/T/export/0123-abc";
        for (prefix, data) in [
            (None, "s3://bucket/AWSDynamoDB/0123-abc/data"),
            (
                Some("users/"),
                "s3://bucket/users/AWSDynamoDB/0123-abc/data",
            ),
        ] {
            let export = ExportDescription::builder()
                .export_arn(arn)
                .s3_bucket("bucket")
                .set_s3_prefix(prefix.map(str::to_owned));
            let transfer = Transfer::from(export.build());
            assert_eq!(
                transfer.data.map(|place| place.to_string()).as_deref(),
                Some(data)
            );
        }
    }
}
