//! Pages of users.

use std::time::Duration;

/// How long a stage may refuse every request before a transfer gives up.
pub(super) const RETRY_FOR: Duration = Duration::from_mins(2);

/// Users, each a JSON object on a line of its own, and what the next page comes after.
pub(super) type Page = (String, Option<String>);

/// Which page is wanted.
#[derive(Debug, Clone)]
pub(super) struct PageRequest {
    /// The part of the table, from 0.
    pub(super) part: usize,
    /// The key or the token that the page comes after.
    pub(super) after: Option<String>,
    /// Whether every completed write must be visible.
    pub(super) is_consistent: bool,
}
