//! What to do about a failed call to AWS.

use crate::aws::{Cause, EnvError, Error};

use super::failure::{Failure, Kind};

impl From<EnvError> for Failure {
    fn from(error: EnvError) -> Self {
        match error {
            EnvError::Aws(ref source) => {
                let next = hint(source);
                Self::from_error(Kind::Failed, error).hint(next)
            }
            EnvError::WrongRegion {
                ref expected,
                ref actual,
            } => {
                let hint = format!(
                    "pass --region {actual} if you mean that one, else unset the variable or pass --region {expected}"
                );
                Self::from_error(Kind::Failed, error).hint(hint)
            }
            EnvError::WrongAccount { ref expected, .. } => {
                let hint = format!(
                    "pass --profile to use credentials of account {expected}, or change `account` in umb.toml"
                );
                Self::from_error(Kind::Failed, error).hint(hint)
            }
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let next = hint(&error);
        Self::from_error(Kind::Failed, error).hint(next)
    }
}

/// Returns what to do about a failed call to AWS.
pub(super) fn hint(error: &Error) -> &'static str {
    use Cause as C;
    match error.cause() {
        C::NoRegion | C::InvalidRegion => {
            "pass --region, set AWS_REGION, or set the stage's region in umb.toml"
        }
        C::InvalidSetting
        | C::ImpureKey
        | C::NoSuchProfile
        | C::NeedsMfa
        | C::InvalidProxy
        | C::InvalidBundle
        | C::NoCertificates => hint_to_configuration(error.cause()),
        C::NoCredentials => {
            "run `aws configure` or `aws sso login`, name an existing profile (--profile, AWS_PROFILE), or set \
             AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        }
        C::ExpiredCredentials => {
            "renew them, for example with `aws sso login`, then run the same command again: it continues where \
             this one stopped"
        }
        C::InvalidCredentials => {
            "check AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; `umb deploy local` needs none"
        }
        C::UnusableCredentials => {
            "renew them, for example with `aws sso login`, or choose others with --profile"
        }
        C::Denied => "ask for this permission, or pass --profile to use other credentials",
        C::Timeout | C::Unreachable => {
            "check the network, the region and AWS_ENDPOINT_URL, then run the same command again"
        }
        C::Untrusted => {
            "if a proxy or an authority of your own signs for this server, set AWS_CA_BUNDLE (or ca_bundle of the profile) to a \
             file with its certificate"
        }
        C::NotAws => {
            "sign in to the network if it wants that, check HTTPS_PROXY and AWS_ENDPOINT_URL, then run the same command again"
        }
        C::Conflict => {
            "another operation is running: `umb status` shows it; then run the same command again"
        }
        C::UnusableRole => {
            "check that the role exists and trusts cloudformation.amazonaws.com: `umb bootstrap` creates the app's again"
        }
        C::Busy => "wait until that has ended, then run the same command again",
        C::Throttled => "wait a minute, then run the same command again",
        C::Refused | C::Internal => {
            "run the same command again; if that does not help, `umb doctor` checks what a deploy needs"
        }
    }
}

/// Returns what to do where nothing was called, because the configuration cannot be right.
fn hint_to_configuration(cause: Cause) -> &'static str {
    use Cause as C;
    match cause {
        C::ImpureKey => {
            "set it again; NAME=\"$(cat FILE)\" leaves out the line break at the end of a file"
        }
        C::NoSuchProfile => {
            "name one of ~/.aws/config or ~/.aws/credentials with --profile, AWS_PROFILE, or `profile` in umb.toml; \
             `aws configure list-profiles` lists them"
        }
        C::NeedsMfa => {
            "`eval \"$(aws configure export-credentials --format env --profile NAME)\"` asks for it and sets variables; then run the \
             same command again without the profile"
        }
        C::InvalidProxy => {
            "correct it, for example HTTPS_PROXY=http://proxy.example.com:3128, or unset it"
        }
        C::InvalidBundle => {
            "name a file with certificates in PEM, or none for those of this machine"
        }
        C::NoCertificates => {
            "install them (Debian, Alpine: the package ca-certificates), or set SSL_CERT_FILE or AWS_CA_BUNDLE to a \
             file of certificates"
        }
        _ => {
            "correct the variable, or the setting of the profile in ~/.aws/config (or the file that AWS_CONFIG_FILE names)"
        }
    }
}
