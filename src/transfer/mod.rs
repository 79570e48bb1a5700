//! Many users at once: into a stage from a file, and out of a stage into one.
//!
//! Everything streams: memory does not grow with the number of users. Progress is recorded as it is made, so that an
//! interrupted transfer continues where it stopped.

mod api_sender;
mod checkpoint;
mod conflict;
mod error;
mod export;
mod file;
mod format;
mod import;
mod limiter;
mod page;
mod progress;
mod record;
mod rejects;
pub(crate) mod s3;
mod sender;
mod sort;
mod source;
mod table;
mod table_sender;
mod transport;
mod user_writer;

pub(crate) use conflict::OnConflict;
pub(crate) use error::Error;
pub(crate) use export::{Export, export};
pub(crate) use format::Format;
pub(crate) use import::{Import, import};
pub(crate) use progress::{Counts, ProgressSink};
pub(crate) use table::Table;
pub(crate) use transport::Transport;
