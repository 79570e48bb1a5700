//! A stack's state, for people and programs.

use jiff::Timestamp;
use serde::Serialize;

use crate::aws::cloudformation::Status;
use crate::model::StackRef;

use super::deployed::DeployedStack;

/// A stack's state.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct StackStatus {
    pub(crate) stack: StackRef,
    pub(crate) status: Status,
    /// CloudFormation's reason for a status other than success.
    pub(crate) status_reason: Option<String>,
    /// The version of the umb that deployed it last.
    pub(crate) umb: Option<String>,
    /// What the last drift detection found: `DRIFTED` or `IN_SYNC`; `None` if there was none.
    pub(crate) drift: Option<String>,
    /// Whether it refuses to be deleted.
    pub(crate) protected: bool,
    /// When its last operation started.
    pub(crate) changed: Option<Timestamp>,
    /// How long ago that was.
    pub(crate) age_seconds: Option<u64>,
}

impl From<&DeployedStack> for StackStatus {
    fn from(stack: &DeployedStack) -> Self {
        let details = &stack.details;
        let reason = details.status_reason.clone();
        let age = |changed: Timestamp| Timestamp::now().as_second() - changed.as_second();
        Self {
            stack: stack.id.clone(),
            status: details.status.clone(),
            status_reason: reason.filter(|_| !details.status.is_success()),
            umb: stack
                .parameters
                .provenance
                .as_ref()
                .map(|provenance| provenance.version.to_string()),
            drift: details.drift.clone(),
            protected: details.is_protected,
            changed: details.changed,
            age_seconds: details
                .changed
                .map(|changed| u64::try_from(age(changed)).unwrap_or(0)),
        }
    }
}
