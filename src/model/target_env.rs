//! Where something is to be, and with which credentials it is reached.

use super::{AccountId, Region};

/// An account and a region, as far as they were decided, and how to get there.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TargetEnv {
    /// The account; else that of the credentials.
    pub(crate) account: Option<AccountId>,
    /// The region; else the profile's.
    pub(crate) region: Option<Region>,
    /// The region that the shell names instead, if it is another one.
    pub(crate) shell_region: Option<Region>,
    /// The named profile of the shared AWS configuration; else the default one.
    pub(crate) profile: Option<String>,
    /// Whether that profile is used even where the environment has credentials of its own.
    pub(crate) only_profile: bool,
    /// The name of a role of the account that is taken on first.
    pub(crate) role: Option<String>,
}
