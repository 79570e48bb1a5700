//! `umb users export`

use std::path::PathBuf;

use crate::bulk::{self, Export};
use crate::deploy::S3Place;
use crate::error::Failure;
use crate::ui::Ui;

use super::import::{FormatArg, file, format, goes_on};
use super::{Target, Via, transfer};

/// Write all users as JSON Lines or CSV; one to a file that is interrupted goes on where it stopped
#[derive(Debug, clap::Args)]
pub(super) struct ExportArgs {
    /// The file, which appears when it is whole; - for standard output
    #[arg(default_value = "-")]
    file: PathBuf,
    /// The format; else CSV for a file that is called so, and JSON Lines
    #[arg(long, value_enum)]
    format: Option<FormatArg>,
    /// The way
    #[arg(long, value_enum, default_value = "api")]
    via: Via,
    /// See every write that was answered before, straight from the table too
    #[arg(long)]
    consistent: bool,
    /// In the order of their names, code point by code point, rather than as they come
    #[arg(long)]
    sorted: bool,
    /// Have DynamoDB write them there itself, and only watch: for more users than one machine should move
    ///
    /// As DynamoDB JSON, below AWSDynamoDB/; the place is printed, and `umb users import --from` takes it. The table
    /// needs point-in-time recovery, which protected stages have. Ctrl-C ends the watching alone.
    #[arg(
        long,
        value_name = "s3://BUCKET/PREFIX",
        conflicts_with_all = ["file", "format", "via", "consistent", "sorted"]
    )]
    to: Option<S3Place>,
}

impl ExportArgs {
    pub(super) async fn run(self, target: Target<'_>, ui: &Ui) -> Result<(), Failure> {
        if let Some(place) = &self.to {
            return transfer::export(target, place, ui).await;
        }
        let road = target.road(self.via).await?;
        let export = Export {
            path: file(&self.file),
            format: format(self.format, &self.file),
            is_consistent: self.consistent,
            is_sorted: self.sorted,
        };
        let bar = ui.bulk_progress(None);
        let users = goes_on(bulk::export(road, export, &bar)).await?;
        drop(bar);
        ui.note(&format!("{users} users exported"));
        Ok(())
    }
}
