//! The log: one JSON object a line, in Lambda and on the local stage alike.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Sends the log to what `writer` makes, for as long as the process lives.
pub fn to(writer: impl for<'a> MakeWriter<'a> + Send + Sync + 'static) {
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        .with_target(false)
        .with_writer(writer)
        .with_max_level(LevelFilter::INFO)
        .init();
}
