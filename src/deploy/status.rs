//! How a stage is, at one look.

use aws_smithy_types::date_time::Format;
use serde::Serialize;

use crate::aws::cloudformation::{Stack, Status};
use crate::template::Mark;

use super::{Cloud, Standing};

/// A stage on AWS.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct StageStatus {
    pub(crate) stage: String,
    pub(crate) account: String,
    pub(crate) region: String,
    /// Empty where it is not deployed.
    pub(crate) stacks: Vec<StackStatus>,
    /// Where the API is; none where there is none.
    pub(crate) endpoint: Option<String>,
    /// Whether the API answers as it should; none where it was not asked.
    pub(crate) healthy: Option<bool>,
    /// Why it does not.
    pub(crate) problem: Option<String>,
}

/// One of its stacks.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct StackStatus {
    pub(crate) stack: String,
    pub(crate) status: Status,
    /// What CloudFormation says of a status that is none of success.
    pub(crate) status_reason: Option<String>,
    /// The version of the umb that deployed it last.
    pub(crate) umb: Option<String>,
    /// What the last drift detection found: `DRIFTED` or `IN_SYNC`; none where there was none.
    pub(crate) drift: Option<String>,
    /// Whether it refuses to be deleted.
    pub(crate) protected: bool,
    /// When its last operation began (RFC 3339).
    pub(crate) changed: Option<String>,
    /// How long ago that was.
    pub(crate) age_seconds: Option<u64>,
}

impl StageStatus {
    /// How the stage is that is `standing` so; its API is not asked.
    pub(crate) fn of(cloud: &Cloud, stage: &str, standing: &Standing) -> Self {
        Self {
            stage: stage.to_owned(),
            account: cloud.account().to_owned(),
            region: cloud.region().to_owned(),
            stacks: standing.stacks().map(StackStatus::from).collect(),
            endpoint: standing
                .stateless
                .as_ref()
                .and_then(|stack| cloud.endpoint(stack)),
            healthy: None,
            problem: None,
        }
    }
}

impl From<&Stack> for StackStatus {
    fn from(stack: &Stack) -> Self {
        let now = aws_smithy_types::DateTime::from(std::time::SystemTime::now());
        Self {
            stack: stack.name.clone(),
            status: stack.status.clone(),
            status_reason: stack
                .status_reason
                .clone()
                .filter(|_| !stack.status.is_success()),
            umb: Mark::of(&stack.parameters).map(|mark| mark.version.to_string()),
            drift: stack.drift.clone(),
            protected: stack.is_protected,
            changed: stack
                .changed
                .and_then(|changed| changed.fmt(Format::DateTime).ok()),
            age_seconds: stack
                .changed
                .map(|changed| u64::try_from(now.secs() - changed.secs()).unwrap_or(0)),
        }
    }
}
