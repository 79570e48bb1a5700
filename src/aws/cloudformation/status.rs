//! The status of a stack or a resource.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The status of a stack or a resource, as CloudFormation names it. Source:
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html>.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Status(String);

impl Status {
    /// A status of that name.
    pub(crate) fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// Whether an operation is running, or is about to.
    pub(crate) fn is_moving(&self) -> bool {
        self.0.ends_with("_IN_PROGRESS")
    }

    /// Whether it is a stack without resources, waiting for its first change set.
    pub(crate) fn is_in_review(&self) -> bool {
        self.0 == "REVIEW_IN_PROGRESS"
    }

    /// Whether its first creation failed and was rolled back: only the name is left.
    pub(crate) fn is_failed_creation(&self) -> bool {
        self.0 == "ROLLBACK_COMPLETE"
    }

    /// Whether its first creation is running.
    pub(crate) fn is_creating(&self) -> bool {
        self.0 == "CREATE_IN_PROGRESS"
    }

    /// Whether an update is running that can still be cancelled.
    pub(crate) fn is_updating(&self) -> bool {
        self.0 == "UPDATE_IN_PROGRESS"
    }

    /// Whether the stack is as its last successful template says.
    pub(crate) fn is_settled(&self) -> bool {
        self.is_success()
            || matches!(
                self.0.as_str(),
                "IMPORT_ROLLBACK_COMPLETE" | "UPDATE_ROLLBACK_COMPLETE"
            )
    }

    /// Whether the operation that ended in it succeeded.
    pub(crate) fn is_success(&self) -> bool {
        matches!(
            self.0.as_str(),
            "CREATE_COMPLETE" | "IMPORT_COMPLETE" | "UPDATE_COMPLETE"
        )
    }

    /// Whether the stack is deleted.
    pub(crate) fn is_deleted(&self) -> bool {
        self.0 == "DELETE_COMPLETE"
    }

    /// Whether its deletion stopped halfway.
    pub(crate) fn is_failed_deletion(&self) -> bool {
        self.0 == "DELETE_FAILED"
    }

    /// Whether an update and its rollback failed. The rollback can be continued, and nothing is lost.
    pub(crate) fn is_failed_rollback(&self) -> bool {
        self.0 == "UPDATE_ROLLBACK_FAILED"
    }

    /// Whether an operation stopped at a failure, without a rollback.
    pub(crate) fn is_stopped(&self) -> bool {
        matches!(self.0.as_str(), "CREATE_FAILED" | "UPDATE_FAILED")
    }

    /// Whether the operation failed.
    pub(crate) fn is_failure(&self) -> bool {
        self.0.ends_with("_FAILED")
    }

    /// Whether an operation on a stack starts with it. A rollback starts one only if a person
    /// asked for it.
    pub(crate) fn begins_an_operation(&self, reason: Option<&str>) -> bool {
        match self.0.as_str() {
            "CREATE_IN_PROGRESS" | "DELETE_IN_PROGRESS" | "IMPORT_IN_PROGRESS"
            | "REVIEW_IN_PROGRESS" | "UPDATE_IN_PROGRESS" => true,
            "ROLLBACK_IN_PROGRESS" | "UPDATE_ROLLBACK_IN_PROGRESS" => {
                reason.is_some_and(|reason| reason.starts_with("User Initiated"))
            }
            _ => false,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rollback_begins_an_operation_only_where_it_was_asked_for() {
        let begins = |status: &str, reason| Status::new(status).begins_an_operation(reason);
        assert!(begins("UPDATE_IN_PROGRESS", None));
        assert!(begins(
            "UPDATE_ROLLBACK_IN_PROGRESS",
            Some("User Initiated")
        ));
        assert!(!begins(
            "UPDATE_ROLLBACK_IN_PROGRESS",
            Some("The following resource(s) failed to update: [Table].")
        ));
        assert!(!begins("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", None));
    }
}
