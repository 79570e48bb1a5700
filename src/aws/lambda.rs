//! Lambda: an account's concurrency, and the code of functions.

use aws_sdk_lambda::config::Builder;
use aws_sdk_lambda::error::ProvideErrorMetadata as _;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::LastUpdateStatus;

use super::busy::while_busy;
use super::error::Error;
use super::session::{Session, upload_timeouts};

/// How many requests an account's functions may handle at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Concurrency {
    /// The account's quota in the region.
    pub(crate) quota: u32,
    /// The part of it that no function has reserved.
    pub(crate) unreserved: u32,
}

impl Concurrency {
    /// Whether a function that has reserved `held` may reserve `wanted`. AWS requires that 100 stay
    /// unreserved, or everything if the quota is not larger (new accounts start at 10). Source:
    /// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html>.
    pub(crate) fn allows(self, wanted: u32, held: u32) -> bool {
        self.unreserved.saturating_add(held) >= wanted.saturating_add(self.quota.min(100))
    }
}

/// Returns the account's concurrency.
pub(crate) async fn concurrency(session: &Session) -> Result<Concurrency, Error> {
    let limits = aws_sdk_lambda::Client::new(session.config())
        .get_account_settings()
        .send()
        .await
        .map_err(|error| Error::new("Lambda GetAccountSettings", error))?
        .account_limit;
    let number = |value: i32| u32::try_from(value).unwrap_or(0);
    Ok(limits.map_or(
        Concurrency {
            quota: 0,
            unreserved: 0,
        },
        |limits| Concurrency {
            quota: number(limits.concurrent_executions),
            unreserved: limits.unreserved_concurrent_executions.map_or(0, number),
        },
    ))
}

/// The code that a function runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Code {
    /// Its SHA-256, in base64.
    pub(crate) sha256: String,
    /// Whether an update is running.
    pub(crate) is_in_progress: bool,
    /// Why the last update failed, if it did.
    pub(crate) failure: Option<String>,
}

/// Returns the code that `function` runs; `None` if there is no such function.
pub(crate) async fn code(session: &Session, function: &str) -> Result<Option<Code>, Error> {
    let asked = aws_sdk_lambda::Client::new(session.config())
        .get_function_configuration()
        .function_name(function)
        .send()
        .await;
    let output = match asked {
        Err(error) if error.code() == Some("ResourceNotFoundException") => return Ok(None),
        asked => asked.map_err(|error| Error::new("Lambda GetFunctionConfiguration", error))?,
    };
    let has_failed = output.last_update_status == Some(LastUpdateStatus::Failed);
    Ok(Some(Code {
        sha256: output.code_sha256.unwrap_or_default(),
        is_in_progress: output.last_update_status == Some(LastUpdateStatus::InProgress),
        failure: has_failed.then(|| output.last_update_status_reason.unwrap_or_default()),
    }))
}

/// Starts to update the code of `function` to `zip`.
pub(crate) async fn update_code(
    session: &Session,
    function: &str,
    zip: &[u8],
) -> Result<(), Error> {
    let timeouts = upload_timeouts(zip.len());
    // The SDK owns what it sends.
    let zip = Blob::new(zip.to_vec());
    let request = aws_sdk_lambda::Client::new(session.config())
        .update_function_code()
        .function_name(function)
        .zip_file(zip);
    while_busy(async || {
        let timeouts = Builder::new().timeout_config(timeouts.clone());
        let request = request.clone().customize().config_override(timeouts);
        let updated = request.send().await;
        updated.map_err(|error| Error::new("Lambda UpdateFunctionCode", error))
    })
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_account_allows_no_reservation() {
        let new = Concurrency {
            quota: 10,
            unreserved: 10,
        };
        assert!(!new.allows(1, 0));
    }

    #[test]
    fn an_ordinary_account_keeps_a_hundred_unreserved() {
        let account = Concurrency {
            quota: 1000,
            unreserved: 110,
        };
        assert!(account.allows(10, 0));
        assert!(!account.allows(11, 0));
        assert!(account.allows(11, 1));
    }
}
