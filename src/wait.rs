//! Waits until a condition holds. umb waits nowhere else.

use std::time::Duration;

use tokio::time::Instant;

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

/// The longest pause after a look that failed.
const LONGEST_BACK_OFF: Duration = Duration::from_secs(15);
/// How long looks may fail, one after the other. What is waited for continues meanwhile.
const LONGEST_OUTAGE: Duration = Duration::from_mins(15);

/// What a look can end in.
pub(crate) trait Outage {
    /// Whether the error says nothing about what is waited for: too many requests, a service with problems, a network
    /// that is away.
    fn is_outage(&self) -> bool {
        false
    }
}

/// Calls `probe` at `pace` until it returns something. An outage of a quarter of an hour is outlasted.
///
/// # Errors
/// The first error of `probe` that is no outage, or that of one which is longer.
pub(crate) async fn until<T, E: Outage>(
    pace: Pace,
    mut probe: impl AsyncFnMut() -> Result<Option<T>, E>,
) -> Result<T, E> {
    let mut pauses = Pauses::new(pace);
    let mut last_answer = Instant::now();
    loop {
        match probe().await {
            Ok(Some(value)) => return Ok(value),
            Ok(None) => {
                last_answer = Instant::now();
                pauses.wait().await;
            }
            Err(error) if error.is_outage() && last_answer.elapsed() < LONGEST_OUTAGE => {
                pauses.back_off().await;
            }
            Err(error) => return Err(error),
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
    use super::*;

    /// Whether it is an outage.
    #[derive(Debug, PartialEq)]
    struct Failed(bool);

    impl Outage for Failed {
        fn is_outage(&self) -> bool {
            self.0
        }
    }

    /// Runs these looks, which find nothing or fail, then one that succeeds; returns how long that took.
    async fn time_of(looks: impl IntoIterator<Item = Result<(), Failed>>) -> Duration {
        let started = Instant::now();
        let mut looks = looks.into_iter();
        let done = until(Pace::STACK, async || match looks.next() {
            Some(look) => look.map(|()| None),
            None => Ok(Some(())),
        });
        done.await.expect("done");
        started.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_grow_to_the_longest_one() {
        let nothing = |times| (0..times).map(|_| Ok(()));
        let short = time_of(nothing(10)).await;
        let long = time_of(nothing(20)).await;
        assert_eq!(long, short + Pace::STACK.longest * 10);
    }

    #[tokio::test(start_paused = true)]
    async fn a_busy_service_gets_longer_pauses() {
        let waited = time_of([Ok(()), Ok(()), Ok(())]).await;
        let backed_off = time_of([Err(Failed(true)), Err(Failed(true)), Err(Failed(true))]).await;
        assert!(backed_off > waited * 2, "{backed_off:?} {waited:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_outage_of_a_quarter_of_an_hour_is_outlasted() {
        let failures = (0..30).map(|_| Err(Failed(true)));
        assert!(time_of(failures).await > Duration::from_mins(5));

        let started = Instant::now();
        let ended = until(Pace::STACK, async || Err::<Option<()>, _>(Failed(true))).await;
        assert_eq!(ended, Err(Failed(true)));
        assert!(started.elapsed() >= LONGEST_OUTAGE);
    }

    #[tokio::test(start_paused = true)]
    async fn any_other_failure_ends_the_waiting() {
        let started = Instant::now();
        let ended = until(Pace::STACK, async || Err::<Option<()>, _>(Failed(false))).await;
        assert_eq!(ended, Err(Failed(false)));
        assert_eq!(started.elapsed(), Duration::ZERO);
    }
}
