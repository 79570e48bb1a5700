//! Many users at once: into a stage from a file, and out of it into one.
//!
//! Everything streams: what is held at any time does not grow with the number of users. What was done is
//! written down as it is done, so that whoever is interrupted goes on from there.

mod api_road;
mod checkpoint;
mod equal;
mod error;
mod export;
mod file;
mod format;
mod import;
mod ledger;
mod limiter;
mod road;
mod sheet;
mod sort;
mod source;
mod table;
mod table_road;

use std::time::Duration;

pub(crate) use error::Error;
pub(crate) use export::{Export, export};
pub(crate) use format::Format;
pub(crate) use import::{Import, OnConflict, import};
pub(crate) use ledger::Tally;
pub(crate) use road::Road;
pub(crate) use table::Table;

/// How long a stage may refuse everything.
const PATIENCE: Duration = Duration::from_mins(2);

/// Who is told how it goes.
pub(crate) trait Watcher: Sync {
    /// So much is done.
    fn progress(&self, tally: &Tally);
}
