//! Exports of whole tables to S3, and imports of exports into new tables. Sources:
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

use crate::aws::error::Error;
use crate::aws::session::Session;

/// A bucket and a prefix in S3: `s3://bucket/prefix`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct S3Location {
    bucket: String,
    /// Without slashes around it; empty for the whole bucket.
    prefix: String,
}

impl FromStr for S3Location {
    type Err = &'static str;

    fn from_str(url: &str) -> Result<Self, Self::Err> {
        let location = url
            .strip_prefix("s3://")
            .ok_or("is not like s3://BUCKET/PREFIX")?;
        let (bucket, prefix) = location.split_once('/').unwrap_or((location, ""));
        if bucket.is_empty() {
            return Err("names no bucket");
        }
        Ok(Self {
            bucket: bucket.to_owned(),
            prefix: prefix.trim_matches('/').to_owned(),
        })
    }
}

impl fmt::Display for S3Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "s3://{}/{}", self.bucket, self.prefix)
    }
}

impl S3Location {
    /// The location that AWS describes.
    fn new(bucket: Option<String>, prefix: Option<String>) -> Self {
        Self {
            bucket: bucket.unwrap_or_default(),
            prefix: prefix.unwrap_or_default().trim_matches('/').to_owned(),
        }
    }

    /// The location of an export's data below this one, by the last part of the export's ARN:
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

/// The state of a transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum State {
    Running,
    Done,
    /// With the reason.
    Failed(String),
}

/// One export or import.
#[derive(Debug, Clone)]
pub(crate) struct Transfer {
    pub(crate) arn: String,
    /// Where in S3: of an export, as requested; of an import, its source.
    pub(crate) location: S3Location,
    pub(crate) state: State,
    /// How many items were transferred so far, as far as AWS says.
    pub(crate) items: u64,
    /// Where an export puts its data.
    pub(crate) data: Option<S3Location>,
}

/// A table to create.
#[derive(Debug, Clone)]
pub(crate) struct NewTable {
    pub(crate) name: String,
    /// The attribute that is its key, a string.
    pub(crate) key: &'static str,
    /// Read and write capacity units, if they are provisioned.
    pub(crate) capacity: Option<(u32, u32)>,
}

/// Why an export did not start.
pub(crate) enum ExportError {
    /// The table has no point-in-time recovery, which AWS exports from.
    PitrDisabled,
    Failed(Error),
}

/// Starts to export a table as it is now.
pub(crate) async fn start_export(
    session: &Session,
    table_arn: &str,
    location: &S3Location,
) -> Result<Transfer, ExportError> {
    let started = Client::new(session.config())
        .export_table_to_point_in_time()
        .table_arn(table_arn)
        .s3_bucket(&location.bucket)
        .set_s3_prefix(location.prefix())
        .export_format(ExportFormat::DynamodbJson)
        .send()
        .await;
    match started {
        Ok(output) => described(output.export_description).map_err(ExportError::Failed),
        Err(error) if error.code() == Some("PointInTimeRecoveryUnavailableException") => {
            Err(ExportError::PitrDisabled)
        }
        Err(error) => Err(ExportError::Failed(Error::new(
            "DynamoDB ExportTableToPointInTime",
            error,
        ))),
    }
}

/// Returns the state of an export.
pub(crate) async fn export(session: &Session, arn: &str) -> Result<Transfer, Error> {
    let output = Client::new(session.config())
        .describe_export()
        .export_arn(arn)
        .send()
        .await
        .map_err(|error| Error::new("DynamoDB DescribeExport", error))?;
    described(output.export_description)
}

/// Returns the running exports of a table.
pub(crate) async fn running_exports(
    session: &Session,
    table_arn: &str,
) -> Result<Vec<Transfer>, Error> {
    let mut pages = Client::new(session.config())
        .list_exports()
        .table_arn(table_arn)
        .into_paginator()
        .send();
    let mut running = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| Error::new("DynamoDB ListExports", error))?;
        for summary in page.export_summaries.unwrap_or_default() {
            if summary.export_status == Some(ExportStatus::InProgress) {
                running.push(export(session, &summary.export_arn.unwrap_or_default()).await?);
            }
        }
    }
    Ok(running)
}

/// Starts to import an export's data into a table, which is created for it.
pub(crate) async fn start_import(
    session: &Session,
    location: &S3Location,
    table: NewTable,
) -> Result<Transfer, Error> {
    let unbuilt = |error| Error::incomplete("DynamoDB ImportTable", error);
    let source = S3BucketSource::builder()
        .s3_bucket(&location.bucket)
        .set_s3_key_prefix(location.prefix())
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
        .map_err(|error| Error::new("DynamoDB ImportTable", error))?;
    described(output.import_table_description)
}

/// Returns the state of an import.
pub(crate) async fn import(session: &Session, arn: &str) -> Result<Transfer, Error> {
    let output = Client::new(session.config())
        .describe_import()
        .import_arn(arn)
        .send()
        .await
        .map_err(|error| Error::new("DynamoDB DescribeImport", error))?;
    described(output.import_table_description)
}

/// Returns the import into a table. There is at most one.
pub(crate) async fn import_into(
    session: &Session,
    table_arn: &str,
) -> Result<Option<Transfer>, Error> {
    let output = Client::new(session.config())
        .list_imports()
        .table_arn(table_arn)
        .send()
        .await
        .map_err(|error| Error::new("DynamoDB ListImports", error))?;
    let first = output.import_summary_list.unwrap_or_default().pop();
    match first.and_then(|summary| summary.import_arn) {
        Some(arn) => import(session, &arn).await.map(Some),
        None => Ok(None),
    }
}

/// Returns a transfer from AWS's description, which is always present.
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
        let location = S3Location::new(export.s3_bucket, export.s3_prefix);
        let state = match export.export_status {
            Some(ExportStatus::Completed) => State::Done,
            Some(ExportStatus::Failed) => failed(export.failure_code, export.failure_message),
            _ => State::Running,
        };
        let data = location.data(&arn);
        Self {
            arn,
            location,
            state,
            items: count(export.item_count.unwrap_or(0)),
            data: Some(data),
        }
    }
}

impl From<ImportTableDescription> for Transfer {
    fn from(import: ImportTableDescription) -> Self {
        let source = import.s3_bucket_source;
        let location = source.map_or_else(
            || S3Location::new(None, None),
            |source| S3Location::new(Some(source.s3_bucket), source.s3_key_prefix),
        );
        let state = match import.import_status {
            Some(ImportStatus::Completed) => State::Done,
            Some(ImportStatus::Failed | ImportStatus::Cancelled) => {
                failed(import.failure_code, import.failure_message)
            }
            _ => State::Running,
        };
        Self {
            arn: import.import_arn.unwrap_or_default(),
            location,
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
    fn a_location_is_a_bucket_and_a_prefix() {
        for (url, shown) in [
            ("s3://bucket/a/b", "s3://bucket/a/b"),
            ("s3://bucket/a/b/", "s3://bucket/a/b"),
            ("s3://bucket", "s3://bucket/"),
            ("s3://bucket/", "s3://bucket/"),
        ] {
            let location: S3Location = url.parse().expect("valid");
            assert_eq!(location.to_string(), shown);
        }
        for url in ["bucket/a", "https://bucket/a", "s3://", "s3:///a"] {
            assert!(url.parse::<S3Location>().is_err(), "{url}");
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
                transfer
                    .data
                    .map(|location| location.to_string())
                    .as_deref(),
                Some(data)
            );
        }
    }
}
