//! Waiting for what is busy: AWS refuses a change of many things while another one is under way, and has no better advice
//! than to try again.

use std::time::Duration;

use tokio::time::Instant;

use crate::wait::{Pace, Pauses};

use super::cause::Cause;
use super::error::Error;

/// How long something may be busy. Documented are seconds for functions, a minute for buckets, minutes for tables.
const LONGEST: Duration = Duration::from_mins(5);
/// How long IAM may take to make a new role known everywhere; usually it takes seconds. Source:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency>.
const PROPAGATION: Duration = Duration::from_mins(2);

/// Repeats a call as long as AWS says that what it is about is busy.
///
/// # Errors
/// Those of the call; that it is busy only after five minutes.
pub(super) async fn while_busy<T>(call: impl AsyncFnMut() -> Result<T, Error>) -> Result<T, Error> {
    repeat(call, Cause::Busy, LONGEST).await
}

/// Repeats a call as long as AWS says that the role that it names cannot be used, as it does of a new one.
///
/// # Errors
/// Those of the call; that the role cannot be used only after two minutes.
pub(super) async fn while_role_is_unusable<T>(
    call: impl AsyncFnMut() -> Result<T, Error>,
) -> Result<T, Error> {
    repeat(call, Cause::UnusableRole, PROPAGATION).await
}

async fn repeat<T>(
    mut call: impl AsyncFnMut() -> Result<T, Error>,
    cause: Cause,
    longest: Duration,
) -> Result<T, Error> {
    let begun = Instant::now();
    let mut pauses = Pauses::new(Pace::STACK);
    loop {
        match call().await {
            Err(error) if error.cause() == cause && begun.elapsed() < longest => {
                pauses.wait().await;
            }
            called => return called,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_call_is_repeated_until_nothing_is_busy_or_it_is_for_too_long() {
        let mut left = 3;
        let called = while_busy(async || {
            left -= 1;
            if left > 0 {
                Err(Error::example(Cause::Busy))
            } else {
                Ok(left)
            }
        });
        assert_eq!(called.await.expect("it succeeded"), 0);

        let begun = Instant::now();
        let called = while_busy(async || Err::<(), _>(Error::example(Cause::Busy)));
        assert_eq!(called.await.expect_err("it is busy").cause(), Cause::Busy);
        assert!(begun.elapsed() >= LONGEST);

        let begun = Instant::now();
        let called =
            while_role_is_unusable(async || Err::<(), _>(Error::example(Cause::UnusableRole)));
        let cause = called.await.expect_err("it cannot be used").cause();
        assert_eq!(cause, Cause::UnusableRole);
        assert!(begun.elapsed() >= PROPAGATION && begun.elapsed() < LONGEST);

        let mut calls = 0;
        let called = while_busy(async || {
            calls += 1;
            Err::<(), _>(Error::example(Cause::Denied))
        });
        assert_eq!(
            called.await.expect_err("it is denied").cause(),
            Cause::Denied
        );
        assert_eq!(calls, 1);
    }
}
