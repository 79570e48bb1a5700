//! Waits until a condition holds. umb waits nowhere else.

use std::time::Duration;

/// How often to look: soon at first, then less and less often.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// The first pause.
    pub(crate) first: Duration,
    /// The longest pause.
    pub(crate) longest: Duration,
}

impl Pace {
    /// For CloudFormation, which takes seconds to minutes. All callers in an account and region share a rate; ten that look
    /// every 1.5 seconds send about seven requests a second.
    pub(crate) const STACK: Self = Self {
        first: Duration::from_millis(100),
        longest: Duration::from_millis(1500),
    };
    /// For a new endpoint.
    pub(crate) const ENDPOINT: Self = Self {
        first: Duration::from_millis(100),
        longest: Duration::from_secs(2),
    };
    /// For a pipeline, whose actions take half a minute at least.
    pub(crate) const PIPELINE: Self = Self {
        first: Duration::from_millis(200),
        longest: Duration::from_secs(3),
    };
    /// For an alarm, which CloudWatch looks at once a minute.
    pub(crate) const ALARM: Self = Self {
        first: Duration::from_secs(5),
        longest: Duration::from_secs(15),
    };
    /// For a person.
    pub(crate) const PERSON: Self = Self {
        first: Duration::from_millis(500),
        longest: Duration::from_secs(5),
    };
    /// For a request that is refused because there are too many.
    pub(crate) const REQUEST: Self = Self {
        first: Duration::from_millis(50),
        longest: Duration::from_secs(5),
    };
    /// For DynamoDB's imports and exports, which take minutes to hours.
    pub(crate) const TRANSFER: Self = Self {
        first: Duration::from_millis(200),
        longest: Duration::from_secs(10),
    };
    /// For a process on this machine.
    pub(crate) const PROCESS: Self = Self {
        first: Duration::from_millis(5),
        longest: Duration::from_millis(100),
    };
}

/// The longest pause after a service said that there were too many requests.
const LONGEST_BACK_OFF: Duration = Duration::from_secs(15);

/// What a look found.
#[derive(Debug)]
pub(crate) enum Look<T> {
    /// The condition holds.
    Done(T),
    /// Not yet.
    Wait,
    /// It is not known: the service wants fewer requests, or has problems.
    BackOff,
}

impl<T> From<Option<T>> for Look<T> {
    fn from(found: Option<T>) -> Self {
        found.map_or(Self::Wait, Self::Done)
    }
}

/// Calls `probe` at `pace` until it returns [`Look::Done`].
///
/// # Errors
/// The first error of `probe`. It returns [`Look::BackOff`] for errors that are worth another attempt.
pub(crate) async fn until<T, E, L: Into<Look<T>>>(
    pace: Pace,
    mut probe: impl AsyncFnMut() -> Result<L, E>,
) -> Result<T, E> {
    let mut pauses = Pauses::new(pace);
    loop {
        let look = probe().await?.into();
        match look {
            Look::Done(value) => return Ok(value),
            Look::Wait => pauses.wait().await,
            Look::BackOff => pauses.back_off().await,
        }
    }
}

/// The pauses between looks, for callers that cannot use [`until`]: the compiler cannot prove yet that the future of an
/// async closure is `Send`.
#[derive(Debug)]
pub(crate) struct Pauses {
    pace: Pace,
    next: Duration,
}

impl Pauses {
    /// The pauses of that pace.
    pub(crate) fn new(pace: Pace) -> Self {
        Self {
            pace,
            next: pace.first,
        }
    }

    /// Waits for the next pause.
    pub(crate) async fn wait(&mut self) {
        tokio::time::sleep(self.next).await;
        self.next = self.pace.longest.min(self.next * 3 / 2);
    }

    /// Waits for longer than the last pause.
    async fn back_off(&mut self) {
        self.next = LONGEST_BACK_OFF.min(self.next * 2);
        tokio::time::sleep(self.next).await;
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    async fn time_of(looks: &[Look<()>]) -> Duration {
        let started = Instant::now();
        let mut looks = looks.iter();
        let done = until(Pace::STACK, async || {
            Ok::<_, ()>(match looks.next() {
                Some(Look::Wait) => Look::Wait,
                Some(Look::BackOff) => Look::BackOff,
                Some(Look::Done(())) | None => Look::Done(()),
            })
        });
        done.await.expect("done");
        started.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_grow_to_the_longest_one() {
        let looks: Vec<_> = (0..20).map(|_| Look::Wait).collect();
        let short = time_of(&looks[..10]).await;
        let long = time_of(&looks).await;
        assert_eq!(long, short + Pace::STACK.longest * 10);
    }

    #[tokio::test(start_paused = true)]
    async fn a_busy_service_gets_longer_pauses() {
        let waited = time_of(&[Look::Wait, Look::Wait, Look::Wait]).await;
        let backed_off = time_of(&[Look::BackOff, Look::BackOff, Look::BackOff]).await;
        assert!(backed_off > waited * 2, "{backed_off:?} {waited:?}");
    }
}
