//! The one place where umb waits for something to become so.

use std::time::Duration;

/// How often to look: at first soon, for what is quick, then less and less often.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// The first pause.
    pub(crate) first: Duration,
    /// The longest pause.
    pub(crate) longest: Duration,
}

impl Pace {
    /// For CloudFormation, which takes seconds to minutes and throttles impatient callers.
    pub(crate) const STACK: Self = Self {
        first: Duration::from_millis(100),
        longest: Duration::from_secs(3),
    };
    /// For a process on this machine.
    pub(crate) const PROCESS: Self = Self {
        first: Duration::from_millis(5),
        longest: Duration::from_millis(100),
    };
}

/// Calls `probe` until it answers `Some`, at `pace`.
///
/// # Errors
/// The first error of `probe`: transient faults are its own business (the SDK retries them).
pub(crate) async fn until<T, E>(
    pace: Pace,
    mut probe: impl AsyncFnMut() -> Result<Option<T>, E>,
) -> Result<T, E> {
    let mut pause = pace.first;
    loop {
        if let Some(value) = probe().await? {
            return Ok(value);
        }
        tokio::time::sleep(pause).await;
        pause = pace.longest.min(pause * 3 / 2);
    }
}
