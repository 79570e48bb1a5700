//! Conversion of the SDK's times.

use aws_smithy_types::DateTime;
use jiff::Timestamp;

/// Returns the same moment; `None` if a timestamp cannot represent it.
pub(super) fn timestamp(time: DateTime) -> Option<Timestamp> {
    Timestamp::from_nanosecond(time.as_nanos()).ok()
}
