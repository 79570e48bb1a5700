//! What a request to the API can end in, other than well.

use serde::Deserialize;

/// A request that was not answered as asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("the API at {url} cannot be reached")]
    Unreachable {
        url: String,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("the request could not be signed")]
    Unsignable(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the API refuses these credentials: {message}")]
    Forbidden { message: String },
    #[error("the API has no such path, or wants requests to be signed: {message}")]
    NoSuchPath { message: String },
    #[error("the API is busy: {message} ({status})")]
    Busy { status: u16, message: String },
    #[error("the function behind the API failed: {message} ({status})")]
    FunctionFailed { status: u16, message: String },
    #[error("{}", problem.summary())]
    Refused { problem: Problem },
    #[error("the API answered {status}")]
    Status { status: u16 },
    #[error("the API answered {status} and something that the contract does not have: {excerpt}")]
    Unexpected { status: u16, excerpt: String },
}

/// How much of an unexpected answer is shown.
const EXCERPT: usize = 200;

impl Error {
    /// Whether the same request may well be answered in a moment, as after a deploy. A refusal that
    /// names the permission that is missing stays one.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Forbidden { message } => !message.contains("not authorized to perform"),
            Self::Unreachable { .. }
            | Self::NoSuchPath { .. }
            | Self::Busy { .. }
            | Self::FunctionFailed { .. } => true,
            Self::Refused { problem } => problem.status >= 500,
            Self::Status { .. } | Self::Unexpected { .. } | Self::Unsignable(_) => false,
        }
    }

    /// Whether the API was out of reach or busy: the same request will be answered when it is not.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Busy { .. } | Self::FunctionFailed { .. } => true,
            Self::Refused { problem } => problem.status >= 500,
            _ => false,
        }
    }

    /// Whether a request that failed so cannot have been done.
    pub(crate) fn was_not_done(&self) -> bool {
        matches!(self, Self::Busy { status: 429, .. })
    }

    /// The status of a refusal of this one request, which says nothing about others.
    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { problem } => Some(problem.status),
            _ => None,
        }
    }

    /// An answer that the contract does not have.
    pub(crate) fn unexpected(status: u16, body: &str) -> Self {
        Self::Unexpected {
            status,
            excerpt: body.chars().take(EXCERPT).collect(),
        }
    }
}

/// RFC 9457 problem details, as far as they are shown.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Problem {
    #[serde(rename = "type")]
    kind: String,
    status: u16,
    detail: String,
    #[serde(default)]
    errors: Vec<Violation>,
}

#[derive(Debug, Clone, Deserialize)]
struct Violation {
    pointer: String,
    detail: String,
}

impl Problem {
    /// What it means, by its type: the gateway in front of the function has types of its own.
    pub(super) fn into_error(self) -> Error {
        let message = self.detail.clone();
        match self
            .kind
            .strip_prefix("urn:umb:problem:")
            .unwrap_or_default()
        {
            "missing-authentication-token" => Error::NoSuchPath { message },
            "access-denied" | "expired-credentials" | "invalid-signature" | "unauthorized" => {
                Error::Forbidden { message }
            }
            "throttled" | "busy" => Error::Busy {
                status: self.status,
                message,
            },
            "gateway-error" => Error::FunctionFailed {
                status: self.status,
                message,
            },
            _ => Error::Refused { problem: self },
        }
    }

    /// The HTTP status.
    pub(super) fn status(&self) -> u16 {
        self.status
    }

    fn summary(&self) -> String {
        let violations: Vec<_> = self
            .errors
            .iter()
            .map(|violation| {
                format!("{} {}", violation.pointer, violation.detail)
                    .trim()
                    .to_owned()
            })
            .collect();
        if violations.is_empty() {
            format!("{} ({})", self.detail, self.status)
        } else {
            format!(
                "{}: {} ({})",
                self.detail,
                violations.join("; "),
                self.status
            )
        }
    }
}
