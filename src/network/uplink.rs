//! How long an upload may take.

use std::time::Duration;

/// The slowest connection that is waited for, in bytes a second: 64 kbit/s.
const SLOWEST: f64 = 8_000.0;

/// Returns how long so many bytes may take to be sent.
pub(crate) fn upload_time(bytes: usize) -> Duration {
    let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
    Duration::from_secs_f64(f64::from(bytes) / SLOWEST)
}
