//! What a call to AWS can end in, sorted by what a person can do about it.

use std::error::Error as StdError;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_types::error::operation::BuildError;

/// What a person can do about a failed call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// No region is known.
    NoRegion,
    /// No credentials are known.
    NoCredentials,
    /// The credentials were good once.
    ExpiredCredentials,
    /// The place that the credentials are to come from failed.
    UnusableCredentials,
    /// AWS does not know the credentials, or the signature made with them is wrong.
    InvalidCredentials,
    /// The credentials are good, and do not allow this.
    Denied,
    /// Nothing answered in time.
    Timeout,
    /// Nothing is there to answer.
    Unreachable,
    /// Too many calls, after the SDK's retries.
    Throttled,
    /// What it was asked of is not in a state for it; often somebody else was faster.
    Conflict,
    /// AWS refused the request itself.
    Refused,
    /// AWS failed.
    Internal,
}

impl Cause {
    /// Whether the same call may well succeed in a moment.
    pub(crate) fn is_transient(self) -> bool {
        matches!(
            self,
            Self::Timeout | Self::Unreachable | Self::Throttled | Self::Internal
        )
    }
}

/// A failed call.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub(crate) struct Error {
    what: String,
    cause: Cause,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// No region is known: not even a call was made.
    pub(crate) fn no_region() -> Self {
        Self {
            what: "no AWS region is configured".to_owned(),
            cause: Cause::NoRegion,
            source: None,
        }
    }

    /// No credentials are known: not even a call was made.
    pub(crate) fn no_credentials() -> Self {
        Self::of_provider(&CredentialsError::not_loaded("no provider"))
    }

    /// A refusal that came inside a successful answer, or without a body.
    pub(crate) fn refused(call: &str, code: &str, message: &str) -> Self {
        Self {
            what: format!("{call}: {message} ({code})"),
            cause: of_code(code),
            source: None,
        }
    }

    /// Sorts the SDK's error of `call`, e.g. `CloudFormation DescribeStacks`.
    pub(crate) fn of_call<E, R>(call: &'static str, error: SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
        R: std::fmt::Debug + Send + Sync + 'static,
    {
        if let Some(credentials) = find::<CredentialsError>(&error) {
            return Self::of_provider(credentials);
        }
        let code = error.code().map(str::to_owned);
        let (what, cause) = match &error {
            SdkError::TimeoutError(_) => (format!("{call} did not answer in time"), Cause::Timeout),
            SdkError::DispatchFailure(failure) if failure.is_timeout() => {
                (format!("{call} did not answer in time"), Cause::Timeout)
            }
            SdkError::DispatchFailure(_) => {
                (format!("{call} could not be reached"), Cause::Unreachable)
            }
            SdkError::ServiceError(_) => {
                let code = code.as_deref().unwrap_or("unknown error");
                let message = error.message().unwrap_or("no message");
                let cause = match of_code(code) {
                    // CloudFormation has no code for it, only this sentence.
                    Cause::Refused if message.contains("_IN_PROGRESS state") => Cause::Conflict,
                    cause => cause,
                };
                (format!("{call}: {message} ({code})"), cause)
            }
            _ => (
                format!("{call} answered something unexpected"),
                Cause::Internal,
            ),
        };
        let source = match error {
            // Its message is the cause already.
            SdkError::ServiceError(_) => None,
            other => Some(Box::new(other) as Box<_>),
        };
        Self {
            what,
            cause,
            source,
        }
    }

    fn of_provider(error: &CredentialsError) -> Self {
        let (what, cause) = match error {
            CredentialsError::CredentialsNotLoaded(_) => {
                ("no AWS credentials were found", Cause::NoCredentials)
            }
            _ => (
                "the AWS credentials could not be loaded",
                Cause::UnusableCredentials,
            ),
        };
        Self {
            what: what.to_owned(),
            cause,
            // Where nothing was found, every place that was looked at says so.
            source: (cause == Cause::UnusableCredentials).then(|| innermost(error).into()),
        }
    }

    /// A request that lacks what it needs: a defect of whoever builds it.
    pub(crate) fn of_building(call: &'static str, error: BuildError) -> Self {
        Self {
            what: format!("{call} cannot be asked"),
            cause: Cause::Refused,
            source: Some(Box::new(error)),
        }
    }

    /// An answer without what it always has.
    pub(crate) fn unexpected(call: &'static str) -> Self {
        Self {
            what: format!("{call} answered something unexpected"),
            cause: Cause::Internal,
            source: None,
        }
    }

    /// What a person can do about it.
    pub(crate) fn cause(&self) -> Cause {
        self.cause
    }
}

/// What the last error of a chain says.
fn innermost(error: &dyn StdError) -> String {
    match error.source() {
        Some(source) => innermost(source),
        None => error.to_string(),
    }
}

fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// The codes that AWS services share:
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html>.
fn of_code(code: &str) -> Cause {
    match code {
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => Cause::ExpiredCredentials,
        "IncompleteSignature"
        | "InvalidAccessKeyId"
        | "InvalidClientTokenId"
        | "InvalidSignatureException"
        | "MissingAuthenticationToken"
        | "SignatureDoesNotMatch"
        | "UnrecognizedClientException" => Cause::InvalidCredentials,
        "AlreadyExistsException"
        | "ChangeSetNotFound"
        | "ChangeSetNotFoundException"
        | "InvalidChangeSetStatus"
        | "InvalidChangeSetStatusException"
        | "OperationInProgressException" => Cause::Conflict,
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" => Cause::Denied,
        "ProvisionedThroughputExceededException"
        | "RequestLimitExceeded"
        | "SlowDown"
        | "Throttling"
        | "ThrottlingException"
        | "TooManyRequestsException" => Cause::Throttled,
        "InternalError" | "InternalFailure" | "ServiceException" | "ServiceUnavailable" => {
            Cause::Internal
        }
        _ => Cause::Refused,
    }
}
