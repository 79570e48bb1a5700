//! `umb users import`

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use crate::aws::dynamodb::S3Location;
use crate::error::{Failure, Kind};
use crate::transfer::{self, Counts, Import, OnConflict};
use crate::ui::Ui;

use super::file_options::{FormatArg, file, format};
use super::route::{UserAccess, Via};
use super::s3;

/// Create users from JSON Lines or CSV; an interrupted import continues where it stopped
///
/// In CSV, a column `NAME` holds strings, `NAME:json` any JSON value, and `*:json` an object of further attributes; an
/// empty cell is a missing attribute.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  umb users import users.jsonl                      Create the users of a file
  umb users import users.csv --on-conflict update   Update those that exist
  umb users import --from s3://bucket/prefix --stage prod")]
pub(super) struct ImportArgs {
    /// The file; - for standard input
    #[arg(required_unless_present = "from")]
    file: Option<PathBuf>,
    /// The format [default: csv for a file of that name, else jsonl]
    #[arg(long, value_enum)]
    format: Option<FormatArg>,
    /// What happens to a user that already exists
    #[arg(long, value_enum, default_value = "fail")]
    on_conflict: OnConflictArg,
    /// How users are written; directly to the table, users that exist are replaced
    #[arg(long, value_enum, default_value = "api")]
    via: Via,
    /// The file for rejected lines, with their numbers and the reasons [default: FILE.rejects.jsonl]
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// Let DynamoDB create the stage's table from what `export --to` wrote there, and only watch
    ///
    /// DynamoDB can only import into a new table, which the next deploy of the stage imports: the stage must be protected
    /// and have no table yet. Ctrl-C only ends the watching.
    #[arg(
        long,
        value_name = "s3://BUCKET/PREFIX",
        conflicts_with_all = ["file", "format", "on_conflict", "via", "rejects"]
    )]
    from: Option<S3Location>,
    /// Show the result as a JSON object
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum OnConflictArg {
    /// Leave it as it is
    Skip,
    /// Set its attributes to those of the line; others stay
    Update,
    /// Reject the line
    Fail,
}

impl From<OnConflictArg> for OnConflict {
    fn from(arg: OnConflictArg) -> Self {
        match arg {
            OnConflictArg::Skip => Self::Skip,
            OnConflictArg::Update => Self::Update,
            OnConflictArg::Fail => Self::Fail,
        }
    }
}

impl ImportArgs {
    /// The row of the interrupt table.
    pub(super) fn verb(&self) -> &'static str {
        if self.from.is_some() {
            "users import --from"
        } else {
            "users import"
        }
    }

    pub(super) async fn run(self, access: UserAccess<'_>, ui: &Ui) -> Result<(), Failure> {
        if let Some(location) = &self.from {
            return s3::import(access, location, ui).await;
        }
        let named = self.file.as_deref().unwrap_or(Path::new("-"));
        let path = file(named);
        let rejects = self.rejects.clone();
        let rejects = rejects.unwrap_or_else(|| default_rejects(path));
        let transport = access.transport(self.via).await?;
        let import = Import {
            path,
            format: format(self.format, named),
            on_conflict: self.on_conflict.into(),
            rejects: &rejects,
            checkpoint: path,
        };
        let file = path.and_then(|path| std::fs::metadata(path).ok());
        let progress = ui.transfer_progress(file.map(|file| file.len()));
        let counts = transfer::import(transport, import, &progress).await?;
        drop(progress);
        ui.show(&counts);
        check_rejects(&counts, &rejects)
    }
}

/// The file for rejected lines, beside the imported one.
fn default_rejects(path: Option<&Path>) -> PathBuf {
    let mut name = path.map_or_else(
        || OsString::from("import"),
        |path| path.as_os_str().to_owned(),
    );
    name.push(".rejects.jsonl");
    name.into()
}

fn check_rejects(counts: &Counts, rejects: &Path) -> Result<(), Failure> {
    if counts.rejected == 0 {
        return Ok(());
    }
    let (rejected, all) = (counts.rejected, counts.done());
    let cause = format!("{rejected} of {all} lines were rejected");
    let hint = format!("see {} for the lines and the reasons", rejects.display());
    Err(Failure::new(Kind::Failed, cause).hint(hint))
}
