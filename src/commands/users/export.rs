//! `umb users export`

use std::path::PathBuf;

use crate::bulk::{self, Export};
use crate::error::Failure;
use crate::ui::Ui;

use super::import::{FormatArg, file, format, goes_on};
use super::{Target, Via};

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
}

impl ExportArgs {
    pub(super) async fn run(self, target: Target<'_>, ui: &Ui) -> Result<(), Failure> {
        let road = target.road(self.via).await?;
        let export = Export {
            path: file(&self.file),
            format: format(self.format, &self.file),
            is_consistent: self.consistent,
        };
        let bar = ui.bulk_progress(None);
        let users = goes_on(bulk::export(road, export, &bar)).await?;
        drop(bar);
        ui.note(&format!("{users} users exported"));
        Ok(())
    }
}
