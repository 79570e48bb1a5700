//! Lambda: what an account may still reserve.

use super::{Error, Session};

/// How many calls an account's functions may serve at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Concurrency {
    /// The account's quota in the region.
    pub(crate) quota: u32,
    /// What of it no function has reserved.
    pub(crate) unreserved: u32,
}

impl Concurrency {
    /// Whether a function that has reserved `held` may reserve `wanted`. AWS insists that 100 stay
    /// unreserved, or all of it where the quota is no larger (new accounts start at 10). Source:
    /// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html>.
    pub(crate) fn carries(self, wanted: u32, held: u32) -> bool {
        self.unreserved.saturating_add(held) >= wanted.saturating_add(self.quota.min(100))
    }
}

/// Reads the session's account quota.
pub(crate) async fn concurrency(session: &Session) -> Result<Concurrency, Error> {
    let limits = aws_sdk_lambda::Client::new(session.config())
        .get_account_settings()
        .send()
        .await
        .map_err(|error| Error::of_call("Lambda GetAccountSettings", error))?
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_account_carries_no_reservation() {
        let new = Concurrency {
            quota: 10,
            unreserved: 10,
        };
        assert!(!new.carries(1, 0));
    }

    #[test]
    fn an_ordinary_account_keeps_a_hundred_unreserved() {
        let account = Concurrency {
            quota: 1000,
            unreserved: 110,
        };
        assert!(account.carries(10, 0));
        assert!(!account.carries(11, 0));
        assert!(account.carries(11, 1));
    }
}
