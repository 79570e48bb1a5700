//! Errors as the API reports them: RFC 9457 problem details.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use serde::Serialize;

use crate::json::Violation;
use crate::store::StoreError;
use crate::user::Username;

/// An error response. Its `type` identifies the kind of problem for programs, its `detail` explains
/// this occurrence to a person, and neither contains anything internal.
#[derive(Debug, Clone, Serialize)]
pub struct Problem {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    #[serde(serialize_with = "status_as_number")]
    status: StatusCode,
    detail: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Violation>,
    /// Whether the same request may succeed soon.
    #[serde(skip)]
    is_transient: bool,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that serde asks for"
)]
fn status_as_number<S: serde::Serializer>(
    status: &StatusCode,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

impl Problem {
    fn new(
        kind: &'static str,
        title: &'static str,
        status: StatusCode,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            title,
            status,
            detail: detail.into(),
            errors: Vec::new(),
            is_transient: false,
        }
    }

    /// 400: the body is not a valid user, or not a valid change of one.
    pub fn invalid_body(errors: Vec<Violation>) -> Self {
        Self {
            errors,
            ..Self::invalid_request("The request body is not valid")
        }
    }

    /// 400: the path or the query is not valid.
    pub fn invalid_request(detail: impl Into<String>) -> Self {
        Self::new(
            "urn:umb:problem:invalid-request",
            "Invalid request",
            StatusCode::BAD_REQUEST,
            detail,
        )
    }

    /// 403: the request is not signed. Only the local stage returns this and the next two, where it imitates API
    /// Gateway.
    pub fn missing_authentication_token() -> Self {
        Self::new(
            "urn:umb:problem:missing-authentication-token",
            "Missing authentication token",
            StatusCode::FORBIDDEN,
            "Missing Authentication Token",
        )
    }

    /// 403: the request's signer is unknown.
    pub fn access_denied(detail: impl Into<String>) -> Self {
        Self::new(
            "urn:umb:problem:access-denied",
            "Access denied",
            StatusCode::FORBIDDEN,
            detail,
        )
    }

    /// 403: the signature is wrong, or old.
    pub fn invalid_signature(detail: impl Into<String>) -> Self {
        Self::new(
            "urn:umb:problem:invalid-signature",
            "Invalid signature",
            StatusCode::FORBIDDEN,
            detail,
        )
    }

    /// 404: there is no such path.
    pub fn no_such_path() -> Self {
        Self::new(
            "urn:umb:problem:no-such-path",
            "No such path",
            StatusCode::NOT_FOUND,
            "The API has /users and /users/{username}",
        )
    }

    /// 405: the path exists, the method does not.
    pub fn method_not_allowed() -> Self {
        Self::new(
            "urn:umb:problem:method-not-allowed",
            "Method not allowed",
            StatusCode::METHOD_NOT_ALLOWED,
            "This path does not support this method",
        )
    }

    /// 413: a request or a user that is too large for the table.
    pub fn too_large(detail: impl Into<String>) -> Self {
        Self::new(
            "urn:umb:problem:too-large",
            "Too large",
            StatusCode::PAYLOAD_TOO_LARGE,
            detail,
        )
    }

    /// 415: the body is not declared as JSON.
    pub fn unsupported_media_type() -> Self {
        Self::new(
            "urn:umb:problem:unsupported-media-type",
            "Unsupported media type",
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "The body must be sent with Content-Type: application/json",
        )
    }

    /// 503: the same request may succeed soon.
    pub fn busy(detail: impl Into<String>) -> Self {
        Self {
            is_transient: true,
            ..Self::new(
                "urn:umb:problem:busy",
                "Busy",
                StatusCode::SERVICE_UNAVAILABLE,
                detail,
            )
        }
    }

    /// The store's error about the user `username`.
    pub fn about_user(error: &StoreError, username: &Username) -> Self {
        match error {
            StoreError::AlreadyExists => Self::new(
                "urn:umb:problem:user-already-exists",
                "User already exists",
                StatusCode::CONFLICT,
                format!("User {username} already exists"),
            ),
            StoreError::PreconditionFailed => Self::new(
                "urn:umb:problem:precondition-failed",
                "Precondition failed",
                StatusCode::PRECONDITION_FAILED,
                format!("User {username} does not meet the request's precondition"),
            ),
            StoreError::NotFound => Self::new(
                "urn:umb:problem:user-not-found",
                "User not found",
                StatusCode::NOT_FOUND,
                format!("User {username} does not exist"),
            ),
            other => Self::from_store(other),
        }
    }

    /// The store's error about no user in particular.
    pub fn from_store(error: &StoreError) -> Self {
        match error {
            StoreError::TooLarge => {
                Self::too_large("A user is at most 400 KB, its attributes' names included")
            }
            StoreError::Busy => Self::busy("The table is busy, try again in a moment"),
            StoreError::AlreadyExists
            | StoreError::Failed { .. }
            | StoreError::PreconditionFailed
            | StoreError::NotFound => Self::new(
                "urn:umb:problem:internal-error",
                "Internal error",
                StatusCode::INTERNAL_SERVER_ERROR,
                "The request could not be completed",
            ),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let retry_after = self.is_transient.then_some([(RETRY_AFTER, "1")]);
        let content_type = [(CONTENT_TYPE, "application/problem+json")];
        // A problem is strings and numbers: its serialization cannot fail.
        let body = serde_json::to_vec(&self).unwrap_or_default();
        (self.status, retry_after, content_type, body).into_response()
    }
}
