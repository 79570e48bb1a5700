//! What happens to a record whose user already exists.

/// What happens to a record whose user already exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnConflict {
    /// The user stays as it is.
    Skip,
    /// The record's attributes are set on the user; all others stay.
    Update,
    /// The record is rejected.
    Fail,
}
