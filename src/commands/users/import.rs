//! `umb users import`

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use crate::bulk::{self, Format, Import, OnConflict, Tally};
use crate::deploy::S3Place;
use crate::error::{Failure, Kind};
use crate::ui::Ui;

use super::{Target, Via, transfer};

/// Create users from JSON Lines or CSV; one that is interrupted goes on where it stopped
///
/// In CSV, a column `NAME` holds strings, `NAME:json` any JSON value, and `*:json` an object of further
/// attributes; an empty cell is an attribute that is not there.
#[derive(Debug, clap::Args)]
pub(super) struct ImportArgs {
    /// The file; - for standard input
    #[arg(required_unless_present = "from")]
    file: Option<PathBuf>,
    /// The format; else CSV for a file that is called so, and JSON Lines
    #[arg(long, value_enum)]
    format: Option<FormatArg>,
    /// What to do with a user that exists
    #[arg(long, value_enum, default_value = "fail")]
    on_conflict: OnConflictArg,
    /// The way; straight to the table, users that exist are replaced
    #[arg(long, value_enum, default_value = "api")]
    via: Via,
    /// Where refused lines go, with their numbers and the reasons; else beside the file
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// Have DynamoDB make the stage's table of what `export --to` wrote there, and only watch
    ///
    /// DynamoDB imports into a new table alone, which the next deploy of the stage takes over: the stage must be
    /// protected and have no table yet. Ctrl-C ends the watching alone.
    #[arg(
        long,
        value_name = "s3://BUCKET/PREFIX",
        conflicts_with_all = ["file", "format", "on_conflict", "via", "rejects"]
    )]
    from: Option<S3Place>,
    /// Show what became of the users as a JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum FormatArg {
    Jsonl,
    Csv,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum OnConflictArg {
    /// Leave it as it is
    Skip,
    /// Set its attributes to those of the line; others stay
    Update,
    /// Refuse the line
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

/// The file that is meant; none for standard input or output.
pub(super) fn file(path: &Path) -> Option<&Path> {
    (path != Path::new("-")).then_some(path)
}

/// The format that was named, else that of the file's name.
pub(super) fn format(named: Option<FormatArg>, path: &Path) -> Format {
    let is_csv = path
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("csv"));
    let by_name = if is_csv {
        FormatArg::Csv
    } else {
        FormatArg::Jsonl
    };
    match named.unwrap_or(by_name) {
        FormatArg::Csv => Format::Csv,
        FormatArg::Jsonl => Format::JsonLines,
    }
}

impl ImportArgs {
    pub(super) async fn run(self, target: Target<'_>, ui: &Ui) -> Result<(), Failure> {
        if let Some(place) = &self.from {
            let (tally, stage) = transfer::import(target, place, ui).await?;
            self.show(&tally, ui);
            ui.note(&format!("`umb deploy {stage}` takes the table over"));
            return Ok(());
        }
        let named = self.file.as_deref().unwrap_or(Path::new("-"));
        let path = file(named);
        let rejects = self.rejects.clone().unwrap_or_else(|| {
            let name = path.map_or_else(|| "import".into(), |path| path.as_os_str().to_owned());
            let mut name = name;
            name.push(".rejects.jsonl");
            name.into()
        });
        let road = target.road(self.via).await?;
        let import = Import {
            path,
            format: format(self.format, named),
            on_conflict: self.on_conflict.into(),
            rejects: &rejects,
            checkpoint: path,
        };
        let length = path
            .and_then(|path| std::fs::metadata(path).ok())
            .map(|file| file.len());
        let bar = ui.bulk_progress(length);
        let tally = goes_on(bulk::import(road, import, &bar)).await?;
        drop(bar);
        self.show(&tally, ui);
        refused(&tally, &rejects)
    }

    fn show(&self, tally: &Tally, ui: &Ui) {
        if self.json {
            ui.print_json(tally);
        } else {
            ui.imported(tally);
        }
    }
}

/// Work that goes on where it stopped, unless Ctrl-C comes first.
pub(super) async fn goes_on<T>(
    work: impl Future<Output = Result<T, bulk::Error>>,
) -> Result<T, Failure> {
    tokio::select! {
        done = work => Ok(done?),
        Ok(()) = tokio::signal::ctrl_c() => Err(Failure::new(Kind::Interrupted, "interrupted")
            .hint("the same command goes on where this one stopped")),
    }
}

fn refused(tally: &Tally, rejects: &Path) -> Result<(), Failure> {
    if tally.rejected == 0 {
        return Ok(());
    }
    let (refused, all) = (tally.rejected, tally.done());
    Err(Failure::new(
        Kind::Failed,
        format!("{refused} of {all} lines were refused"),
    )
    .hint(format!("{} has them, with the reasons", rejects.display())))
}
