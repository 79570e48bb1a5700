//! `umb users export`

use std::path::PathBuf;

use crate::aws::dynamodb::S3Location;
use crate::error::Failure;
use crate::transfer::{self, Export};
use crate::ui::Ui;

use super::file_options::{FormatArg, file, format};
use super::route::{UserAccess, Via};
use super::s3;

/// Write all users as JSON Lines or CSV; an interrupted export to a file continues where it stopped
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  umb users export users.jsonl              Write all users to a file
  umb users export - --format csv --sorted  Write them to standard output
  umb users export --to s3://bucket/prefix  Let DynamoDB write them to S3")]
pub(super) struct ExportArgs {
    /// The file, which appears when it is complete; - for standard output
    #[arg(default_value = "-")]
    file: PathBuf,
    /// The format [default: csv for a file of that name, else jsonl]
    #[arg(long, value_enum)]
    format: Option<FormatArg>,
    /// How users are read
    #[arg(long, value_enum, default_value = "api")]
    via: Via,
    /// Include all writes completed before the export, also with --via table
    #[arg(long)]
    consistent: bool,
    /// Sort users by username, code point by code point
    #[arg(long)]
    sorted: bool,
    /// Let DynamoDB write them there itself, and only watch: for more users than one machine should move
    ///
    /// As DynamoDB JSON, below AWSDynamoDB/; the location is printed, and `umb users import --from` takes it. The table
    /// needs point-in-time recovery, which protected stages have. Ctrl-C only ends the watching.
    #[arg(
        long,
        value_name = "s3://BUCKET/PREFIX",
        conflicts_with_all = ["file", "format", "via", "consistent", "sorted"]
    )]
    to: Option<S3Location>,
}

impl ExportArgs {
    /// The row of the interrupt table.
    pub(super) fn verb(&self) -> &'static str {
        if self.to.is_some() {
            "users export --to"
        } else {
            "users export"
        }
    }

    pub(super) async fn run(self, access: UserAccess<'_>, ui: &Ui) -> Result<(), Failure> {
        if let Some(location) = &self.to {
            return s3::export(access, location, ui).await;
        }
        let transport = access.transport(self.via).await?;
        let export = Export {
            path: file(&self.file),
            format: format(self.format, &self.file),
            is_consistent: self.consistent,
            is_sorted: self.sorted,
        };
        let progress = ui.transfer_progress(None);
        let users = transfer::export(transport, export, &progress).await?;
        drop(progress);
        ui.note(&format!("{users} users exported"));
        Ok(())
    }
}
