//! Files of users on the command line.

use std::path::Path;

use clap::ValueEnum;

use crate::transfer::Format;

/// A format, as the command line names it.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum FormatArg {
    Jsonl,
    Csv,
}

/// Returns the file; `None` for standard input or output.
pub(super) fn file(path: &Path) -> Option<&Path> {
    (path != Path::new("-")).then_some(path)
}

/// Returns the format that was named, else that of the file's name.
pub(super) fn format(named: Option<FormatArg>, path: &Path) -> Format {
    let is_csv = path
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("csv"));
    let is_csv = named.map_or(is_csv, |format| matches!(format, FormatArg::Csv));
    if is_csv {
        Format::Csv
    } else {
        Format::JsonLines
    }
}
