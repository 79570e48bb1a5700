//! What a request to the API can end in, other than success.

use serde::Deserialize;

use crate::wait::Outage;

/// A failed request.
#[derive(Debug, thiserror::Error)]
#[cfg_attr(test, derive(strum::AsRefStr, strum::VariantNames))]
pub(crate) enum Error {
    #[error("cannot reach the API at {url}")]
    Unreachable {
        url: String,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("cannot sign the request")]
    Unsignable(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the API rejected these credentials: {message}")]
    Forbidden { message: String },
    #[error("the API has no such path, or requires signed requests: {message}")]
    NoSuchPath { message: String },
    #[error("the API is busy: {message} ({status})")]
    Busy { status: u16, message: String },
    #[error("the function behind the API failed: {message} ({status})")]
    FunctionFailed { status: u16, message: String },
    #[error("{}", problem.summary())]
    Refused { problem: Problem },
    #[error("the API returned status {status}")]
    Status { status: u16 },
    #[error(
        "the API returned status {status} and a body that its contract does not have: {excerpt}"
    )]
    Unexpected { status: u16, excerpt: String },
}

/// API Gateway's message for a path or method that does not exist, and for a request that is not signed.
const NO_SUCH_PATH: &str = "Missing Authentication Token";

/// How many characters of an unexpected response are shown.
const EXCERPT: usize = 200;

/// How long it may be away depends on what is asked for.
impl Outage for Error {}

impl Error {
    /// Whether the same request may succeed soon, as after a deploy. A refusal that names the missing permission is
    /// final.
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

    /// Whether the API was unreachable or busy, so that the same request may succeed later.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Busy { .. } | Self::FunctionFailed { .. } => true,
            Self::Refused { problem } => problem.status >= 500,
            _ => false,
        }
    }

    /// Whether the request certainly had no effect.
    pub(crate) fn was_not_done(&self) -> bool {
        matches!(self, Self::Busy { status: 429, .. })
    }

    /// The status of a response that refuses this one request and says nothing about others.
    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { problem } => Some(problem.status),
            _ => None,
        }
    }

    /// The error for a response that the contract does not have.
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
    /// API Gateway rejects oversized requests with a message of its own, which an API cannot customize. Source:
    /// `REQUEST_TOO_LARGE` in
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html>.
    fn too_large() -> Self {
        Self {
            kind: "urn:umb:problem:too-large".to_owned(),
            status: 413,
            detail: "The request is larger than the 10 MB that API Gateway accepts".to_owned(),
            errors: Vec::new(),
        }
    }

    /// Returns what it means, by its type: the gateway in front of the function has types of its own.
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

/// Returns what an unsuccessful response means.
pub(super) fn refusal(status: u16, body: &str) -> Error {
    if let Ok(problem) = serde_json::from_str::<Problem>(body) {
        return problem.into_error();
    }
    match (status, gateway_message(body)) {
        (403, Some(message)) if message == NO_SUCH_PATH => Error::NoSuchPath { message },
        (403, message) => Error::Forbidden {
            message: message.unwrap_or_else(|| "forbidden".to_owned()),
        },
        (413, Some(_)) => Error::Refused {
            problem: Problem::too_large(),
        },
        (429 | 503 | 504, Some(message)) => Error::Busy { status, message },
        (500 | 502, Some(message)) => Error::FunctionFailed { status, message },
        _ => Error::unexpected(status, body),
    }
}

/// Returns the message of API Gateway's own refusals, where an API does not replace them: `{"message": …}`, sometimes with
/// a capital letter.
fn gateway_message(body: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Gateway {
        #[serde(alias = "Message")]
        message: String,
    }
    serde_json::from_str::<Gateway>(body)
        .ok()
        .map(|gateway| gateway.message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_of_the_gateway_are_distinguished() {
        let of = |status, body| refusal(status, body).to_string();
        assert_eq!(
            of(403, r#"{"message":"Missing Authentication Token"}"#),
            "the API has no such path, or requires signed requests: Missing Authentication Token"
        );
        assert_eq!(
            of(403, r#"{"Message":"User is not authorized"}"#),
            "the API rejected these credentials: User is not authorized"
        );
        assert_eq!(
            of(429, r#"{"message":"Too Many Requests"}"#),
            "the API is busy: Too Many Requests (429)"
        );
        assert_eq!(
            of(502, r#"{"message":"Internal server error"}"#),
            "the function behind the API failed: Internal server error (502)"
        );
        assert_eq!(
            of(413, r#"{"message":"Request Too Long"}"#),
            "The request is larger than the 10 MB that API Gateway accepts (413)"
        );
        assert_eq!(
            of(418, "<html>"),
            "the API returned status 418 and a body that its contract does not have: <html>"
        );
    }

    #[test]
    fn problems_of_the_gateway_are_distinguished_too() {
        let of = |kind: &str, status: u16| {
            let body = format!(
                r#"{{"type":"urn:umb:problem:{kind}","title":"t","status":{status},"detail":"d"}}"#
            );
            refusal(status, &body).to_string()
        };
        for (kind, status, text) in [
            (
                "missing-authentication-token",
                403,
                "the API has no such path, or requires signed requests: d",
            ),
            (
                "access-denied",
                403,
                "the API rejected these credentials: d",
            ),
            (
                "invalid-signature",
                403,
                "the API rejected these credentials: d",
            ),
            ("throttled", 429, "the API is busy: d (429)"),
            (
                "gateway-error",
                500,
                "the function behind the API failed: d (500)",
            ),
            ("internal-error", 500, "d (500)"),
        ] {
            assert_eq!(of(kind, status), text);
        }
    }
}
