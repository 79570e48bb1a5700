//! Why an operation on a stack failed, as values.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use crate::aws::cloudformation::Status;
use crate::model::StackRef;

/// How a stack's last operation ended.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Diagnosis {
    pub(crate) stack: StackRef,
    pub(crate) status: Status,
    /// CloudFormation's reason for the status.
    pub(crate) status_reason: Option<String>,
    /// What failed first; `None` where nothing did, or where CloudFormation does not say.
    pub(crate) culprit: Option<Culprit>,
    /// The page of the console that shows it.
    pub(crate) console: String,
}

/// The resource whose failure made the others fail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Culprit {
    pub(crate) logical_id: String,
    pub(crate) resource_type: String,
    pub(crate) status: Status,
    /// Why, in the service's words.
    pub(crate) reason: String,
    pub(crate) class: Class,
    /// The service's ID for the failed request, for AWS Support.
    pub(crate) request_id: Option<String>,
    pub(crate) at: Option<Timestamp>,
}

/// The kind of a failure: what a person can do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(strum::VariantArray))]
#[serde(rename_all = "snake_case")]
pub(crate) enum Class {
    /// The template asks for what does not exist.
    Template,
    /// The credentials do not allow it.
    Permission,
    /// The account's quota is too small.
    Quota,
    /// Something of that name already exists.
    NameConflict,
    /// There were too many requests.
    Throttling,
    /// A resource that it depends on is missing, or one that depends on it still exists.
    Dependency,
    /// A person, or another failure, ended it.
    Cancelled,
    /// The reason fits none of these.
    Other,
}

impl fmt::Display for Class {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Template => "template",
            Self::Permission => "permission",
            Self::Quota => "quota",
            Self::NameConflict => "name conflict",
            Self::Throttling => "throttling",
            Self::Dependency => "dependency",
            Self::Cancelled => "cancelled",
            Self::Other => "other",
        })
    }
}

impl fmt::Display for Culprit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            logical_id,
            resource_type,
            status,
            reason,
            ..
        } = self;
        write!(
            formatter,
            "{logical_id} ({resource_type}) {status}: {reason}"
        )
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.culprit, &self.status_reason) {
            (Some(culprit), _) => culprit.fmt(formatter),
            (None, Some(reason)) => formatter.write_str(reason),
            (None, None) => formatter.write_str("CloudFormation gives no reason"),
        }
    }
}

impl std::error::Error for Diagnosis {}
