//! What a person can do about a failed call, by what AWS says.

use crate::network::Error as NetworkError;

/// What a person can do about a failed call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    test,
    derive(strum::AsRefStr, strum::VariantArray, strum::VariantNames)
)]
pub(crate) enum Cause {
    /// No region is known.
    NoRegion,
    /// The region of the profile cannot be right.
    InvalidRegion,
    /// A setting of AWS's own configuration cannot be right.
    InvalidSetting,
    /// A variable of an access key contains what none can.
    ImpureKey,
    /// The profile that was named does not exist.
    NoSuchProfile,
    /// The profile needs a code of an MFA device.
    NeedsMfa,
    /// The address of a proxy cannot be right.
    InvalidProxy,
    /// The file of certificates to trust cannot be used.
    InvalidBundle,
    /// There are no certificates to trust.
    NoCertificates,
    /// No credentials are known.
    NoCredentials,
    /// The credentials have expired.
    ExpiredCredentials,
    /// The source of the credentials failed.
    UnusableCredentials,
    /// AWS does not know the credentials, or their signature is wrong.
    InvalidCredentials,
    /// The credentials are valid, but do not allow this.
    Denied,
    /// There was no response in time.
    Timeout,
    /// There was no connection.
    Unreachable,
    /// The server's certificate cannot be trusted.
    Untrusted,
    /// Something else than AWS responded.
    NotAws,
    /// Too many calls, after the SDK's retries.
    Throttled,
    /// The resource is not in a state for it; often somebody else was faster.
    Conflict,
    /// What it is about is still busy with something else: the same call succeeds soon.
    Busy,
    /// CloudFormation cannot work as the role: it does not trust CloudFormation, or is so new that IAM has not made it known
    /// everywhere.
    UnusableRole,
    /// AWS refused the request itself.
    Refused,
    /// AWS failed.
    Internal,
}

impl Cause {
    /// Whether the same call may succeed soon.
    pub(crate) fn is_transient(self) -> bool {
        matches!(
            self,
            Self::Timeout | Self::Unreachable | Self::NotAws | Self::Throttled | Self::Internal
        )
    }
}

/// CloudFormation has no code for it, only these sentences: that another operation is under way, and that somebody else
/// has created the stack meanwhile.
pub(super) fn says_conflict(message: &str) -> bool {
    message.contains("_IN_PROGRESS state")
        || message.contains("already exists and cannot be created again")
}

/// CloudFormation has no code for this either.
pub(super) fn says_unusable_role(message: &str) -> bool {
    message.contains("is invalid or cannot be assumed")
}

pub(super) fn cause_of_network(error: &NetworkError) -> Cause {
    match error {
        NetworkError::InvalidProxy { .. } => Cause::InvalidProxy,
        NetworkError::UnreadableBundle { .. } | NetworkError::EmptyBundle { .. } => {
            Cause::InvalidBundle
        }
        NetworkError::NoCertificates => Cause::NoCertificates,
    }
}

/// Returns the cause that a code means. AWS services share these:
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html>.
pub(super) fn cause_of(code: &str) -> Cause {
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
        // https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html
        "ContinuousBackupsUnavailableException"
        | "ResourceInUseException"
        // https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
        | "OperationAborted"
        // https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html
        | "ResourceConflictException" => Cause::Busy,
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" => Cause::Denied,
        // https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
        "BandwidthLimitExceeded"
        | "PriorRequestNotComplete"
        | "ProvisionedThroughputExceededException"
        | "RequestLimitExceeded"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "SlowDown"
        | "ThrottledException"
        | "Throttling"
        | "ThrottlingException"
        | "TooManyRequestsException"
        | "TransactionInProgressException" => Cause::Throttled,
        "InternalError"
        | "InternalFailure"
        | "InternalServerError"
        | "ServiceException"
        | "ServiceUnavailable"
        | "ServiceUnavailableException" => Cause::Internal,
        _ => Cause::Refused,
    }
}
