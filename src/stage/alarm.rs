//! Watches a stage's alarm after a deploy.

use std::time::SystemTime;

use tokio::time::{Duration, Instant};

use crate::aws::AwsEnv;
use crate::aws::cloudwatch::{self, Alarm};
use crate::model::{StageSpec, names};
use crate::wait::{self, Pace};

use super::error::Error;

/// CloudWatch evaluates an alarm once a minute: so much later than what it is about.
const DELAY: Duration = Duration::from_mins(1);

/// Watches the stage's alarm for `minutes`. Returns whether there is one.
///
/// # Errors
/// As soon as it goes off, or if it is still in the alarm that an earlier deploy was in.
pub(crate) async fn watch_alarm(
    env: &AwsEnv,
    stage: &StageSpec,
    minutes: u32,
) -> Result<bool, Error> {
    let name = names::alarm(&stage.app, &stage.name);
    let lasts = Duration::from_mins(minutes.into()) + DELAY;
    let look = async || Ok(cloudwatch::alarm(env.session(), &name).await?);
    match watch(SystemTime::now(), lasts, look).await? {
        Watched::NoAlarm => Ok(false),
        Watched::Quiet => Ok(true),
        Watched::Off { reason } => Err(Error::AlarmOff {
            stage: stage.name.clone(),
            reason,
        }),
    }
}

/// What an alarm did while it was watched.
#[derive(Debug, PartialEq, Eq)]
enum Watched {
    NoAlarm,
    Quiet,
    Off { reason: String },
}

/// Looks at an alarm until it goes off after `start`, or until it has been watched for `lasts`.
async fn watch(
    start: SystemTime,
    lasts: Duration,
    mut look: impl AsyncFnMut() -> Result<Option<Alarm>, Error>,
) -> Result<Watched, Error> {
    let began = Instant::now();
    wait::until(Pace::ALARM, async || {
        let Some(alarm) = look().await? else {
            return Ok(Some(Watched::NoAlarm));
        };
        let is_over = began.elapsed() >= lasts;
        let is_new = alarm.since.is_none_or(|since| since >= start);
        Ok(if alarm.is_off && (is_new || is_over) {
            Some(Watched::Off {
                reason: alarm.reason,
            })
        } else {
            is_over.then_some(Watched::Quiet)
        })
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    fn alarm(is_off: bool, since: SystemTime) -> Alarm {
        Alarm {
            is_off,
            reason: "Threshold crossed".to_owned(),
            since: Some(since),
        }
    }

    /// Watches for five minutes what `now` says of the minutes that have passed; returns those, too.
    async fn watched(start: SystemTime, now: impl Fn(u64) -> Option<Alarm>) -> (Watched, u64) {
        let began = Instant::now();
        let minutes = || began.elapsed().as_secs() / 60;
        let found = watch(start, 5 * MINUTE, async || Ok(now(minutes()))).await;
        (found.expect("no error"), minutes())
    }

    #[tokio::test(start_paused = true)]
    async fn an_alarm_that_goes_off_ends_the_watch_at_once() {
        let start = SystemTime::UNIX_EPOCH + 10 * MINUTE;
        let off = Watched::Off {
            reason: "Threshold crossed".to_owned(),
        };
        let later = |minutes| Some(alarm(minutes >= 3, start + MINUTE));
        assert_eq!(watched(start, later).await, (off, 3));
        let quiet = |_| Some(alarm(false, start));
        assert_eq!(watched(start, quiet).await, (Watched::Quiet, 5));
        assert_eq!(watched(start, |_| None).await, (Watched::NoAlarm, 0));
    }

    /// What went off before the deploy may have been what the deploy is for.
    #[tokio::test(start_paused = true)]
    async fn an_earlier_alarm_has_until_the_end_to_be_over() {
        let start = SystemTime::UNIX_EPOCH + 10 * MINUTE;
        let earlier = start - MINUTE;
        let over = |minutes| Some(alarm(minutes < 2, earlier));
        assert_eq!(watched(start, over).await, (Watched::Quiet, 5));
        let stays = |_| Some(alarm(true, earlier));
        let (found, minutes) = watched(start, stays).await;
        assert!(matches!(found, Watched::Off { .. }), "{found:?}");
        assert_eq!(minutes, 5);
    }
}
