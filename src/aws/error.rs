//! What a call to AWS can end in, sorted by what a person can do about it.

use std::error::Error as StdError;
use std::io;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sts::config::http::HttpResponse;
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_types::error::operation::BuildError;
use rustls::Error as TlsError;

use crate::network::{Error as NetworkError, Route, Unreached};
use crate::wait::Outage;

use super::cause::{Cause, cause_of, cause_of_network, says_conflict, says_unusable_role};

/// A failed call.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub(crate) struct Error {
    what: String,
    cause: Cause,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// No region is known, so no call was made.
    pub(crate) fn no_region() -> Self {
        Self {
            what: "no AWS region is configured".to_owned(),
            cause: Cause::NoRegion,
            source: None,
        }
    }

    /// The profile's region cannot be right, so no call was made.
    pub(crate) fn invalid_region(region: &str) -> Self {
        Self {
            what: format!("the region `{region}` of the AWS profile is not valid"),
            cause: Cause::InvalidRegion,
            source: None,
        }
    }

    /// A variable, or a setting of the profile, cannot be right, so no call was made.
    pub(crate) fn invalid_setting(name: &str, value: &str, rule: &str) -> Self {
        let value = value.escape_debug();
        Self {
            what: format!("{name} = `{value}` is not valid: {rule}"),
            cause: Cause::InvalidSetting,
            source: None,
        }
    }

    /// A variable of an access key contains what none can, so no call was made. Its value is a secret.
    pub(crate) fn impure_variable(name: &str, what: &str) -> Self {
        Self {
            what: format!("{name} contains {what}"),
            cause: Cause::ImpureKey,
            source: None,
        }
    }

    /// The profile that somebody named does not exist, so no call was made. `nearest` is another one with a similar name.
    pub(crate) fn no_such_profile(name: &str, nearest: Option<&str>) -> Self {
        let nearest = nearest.map_or_else(String::new, |nearest| format!("; there is `{nearest}`"));
        let name = name.escape_debug();
        Self {
            what: format!("there is no AWS profile `{name}`{nearest}"),
            cause: Cause::NoSuchProfile,
            source: None,
        }
    }

    /// The profile's role takes a code from a device, so no call was made.
    pub(crate) fn needs_mfa(profile: &str) -> Self {
        Self {
            what: format!(
                "the AWS profile `{profile}` needs a code of an MFA device (mfa_serial), which umb cannot ask for"
            ),
            cause: Cause::NeedsMfa,
            source: None,
        }
    }

    /// The shared configuration files cannot be read, so no call was made.
    pub(crate) fn unreadable_files(error: impl StdError + Send + Sync + 'static) -> Self {
        Self {
            what: "the configuration files of AWS cannot be read".to_owned(),
            cause: Cause::InvalidSetting,
            source: Some(Box::new(error)),
        }
    }

    /// A setting of the network cannot be right, so no call was made.
    pub(crate) fn network(error: &NetworkError) -> Self {
        let source = error.source().map(|source| innermost(source).into());
        Self {
            what: error.to_string(),
            cause: cause_of_network(error),
            source,
        }
    }

    /// No credentials are known, so no call was made.
    pub(crate) fn no_credentials() -> Self {
        Self::credentials(&CredentialsError::not_loaded("no provider"))
    }

    /// A refusal inside a successful response, or without a body.
    pub(crate) fn refused(call: &str, code: &str, message: &str) -> Self {
        Self {
            what: format!("{call}: {message} ({code})"),
            cause: cause_of(code),
            source: None,
        }
    }

    /// The SDK's error of `call`, e.g. `CloudFormation DescribeStacks`.
    pub(crate) fn new<E>(call: &'static str, error: SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
    {
        if let Some(credentials) = find::<CredentialsError>(&error) {
            return Self::credentials(credentials);
        }
        if let Some(network) = find::<NetworkError>(&error) {
            return Self::network(network);
        }
        let code = error.code().map(str::to_owned);
        if let (None, Some(raw)) = (&code, error.raw_response()) {
            return Self::not_aws(call, raw);
        }
        let (what, cause) = match &error {
            SdkError::TimeoutError(_) => {
                (format!("{call} did not respond in time"), Cause::Timeout)
            }
            SdkError::DispatchFailure(failure) if failure.is_timeout() => {
                (format!("{call} did not respond in time"), Cause::Timeout)
            }
            SdkError::DispatchFailure(_) => {
                let what = match find::<Unreached>(&error) {
                    Some(unreached) => format!("{call}: {unreached}"),
                    None => format!("{call} could not be reached"),
                };
                match find::<TlsError>(&error) {
                    Some(TlsError::InvalidCertificate(_)) => (what, Cause::Untrusted),
                    _ => (what, Cause::Unreachable),
                }
            }
            SdkError::ServiceError(refusal) => {
                let code = code.as_deref().unwrap_or("unknown error");
                let message = error.message().unwrap_or("no message");
                let status = refusal.raw().status().as_u16();
                let cause = match cause_of(code) {
                    Cause::Refused if says_conflict(message) => Cause::Conflict,
                    Cause::Refused if says_unusable_role(message) => Cause::UnusableRole,
                    Cause::Refused if status == 429 => Cause::Throttled,
                    Cause::Refused if status >= 500 => Cause::Internal,
                    cause => cause,
                };
                (format!("{call}: {message} ({code})"), cause)
            }
            _ => (
                format!("{call} returned something unexpected"),
                Cause::Internal,
            ),
        };
        let source = match error {
            // Its message is part of the cause already.
            SdkError::ServiceError(_) => None,
            other => Some(Box::new(other) as Box<_>),
        };
        Self {
            what,
            cause,
            source,
        }
    }

    /// A response without any code is not one of AWS's: that of a portal that wants a login, a proxy, or another server.
    fn not_aws(call: &str, raw: &HttpResponse) -> Self {
        let status = raw.status().as_u16();
        let server = raw
            .extension::<Route>()
            .map_or("the server", |route| &route.url);
        let content = raw.headers().get("content-type");
        let content = content.filter(|content| !content.is_empty());
        let content = content.map_or_else(String::new, |content| format!(" and {content}"));
        Self {
            what: format!(
                "{call}: {server} responded with status {status}{content}, and not as AWS does"
            ),
            cause: Cause::NotAws,
            source: None,
        }
    }

    fn credentials(error: &CredentialsError) -> Self {
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
            // If nothing was found, the error only lists where.
            source: (cause == Cause::UnusableCredentials).then(|| innermost(error).into()),
        }
    }

    /// A request without something that it needs, which is a defect of umb.
    pub(crate) fn incomplete(call: &'static str, error: BuildError) -> Self {
        Self {
            what: format!("{call} could not be called"),
            cause: Cause::Refused,
            source: Some(Box::new(error)),
        }
    }

    /// A response that did not arrive as a whole.
    pub(crate) fn interrupted(
        call: &'static str,
        error: impl StdError + Send + Sync + 'static,
    ) -> Self {
        Self {
            what: format!("{call} did not respond completely"),
            cause: Cause::Unreachable,
            source: Some(Box::new(error)),
        }
    }

    /// A response without something that it always has.
    pub(crate) fn unexpected(call: &'static str) -> Self {
        Self {
            what: format!("{call} returned something unexpected"),
            cause: Cause::Internal,
            source: None,
        }
    }

    /// What a person can do about it.
    pub(crate) fn cause(&self) -> Cause {
        self.cause
    }
}

impl Outage for Error {
    fn is_outage(&self) -> bool {
        self.cause.is_transient()
    }
}

#[cfg(test)]
impl Error {
    /// An error with that cause.
    pub(crate) fn example(cause: Cause) -> Self {
        Self {
            what: "CloudFormation DescribeStacks: the message (TheCode)".to_owned(),
            cause,
            source: None,
        }
    }
}

#[cfg(test)]
impl AsRef<str> for Error {
    fn as_ref(&self) -> &str {
        self.cause.as_ref()
    }
}

#[cfg(test)]
impl strum::VariantNames for Error {
    const VARIANTS: &'static [&'static str] = <Cause as strum::VariantNames>::VARIANTS;
}

/// Returns the text of the last error of a chain.
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
        // An I/O error passes over what it wraps.
        next = match error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
        {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    None
}
