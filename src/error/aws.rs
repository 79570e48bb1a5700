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
        C::InvalidSetting => {
            "correct the variable, or the setting of the profile in ~/.aws/config (or the file that AWS_CONFIG_FILE names)"
        }
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
