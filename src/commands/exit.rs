//! How a command ended, other than with a failure.

/// How a command ended, other than with a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    Done,
    /// Something would change, and that was the question (`--exit-code`).
    Changes,
}

impl Exit {
    /// `Changes` if something would change and that was the question.
    pub(super) fn changes_if(is_asked_and_changes: bool) -> Self {
        if is_asked_and_changes {
            Self::Changes
        } else {
            Self::Done
        }
    }
}

impl From<()> for Exit {
    fn from((): ()) -> Self {
        Self::Done
    }
}
