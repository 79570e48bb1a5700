//! CloudWatch: the state of alarms.

use std::time::SystemTime;

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::types::StateValue;

use super::error::Error;
use super::session::Session;

/// An alarm, as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Alarm {
    /// Whether it has gone off.
    pub(crate) is_off: bool,
    /// Why it is in its state, in CloudWatch's words.
    pub(crate) reason: String,
    /// Since when it is in its state.
    pub(crate) since: Option<SystemTime>,
}

/// Returns the alarm `name`; `None` if there is none.
pub(crate) async fn alarm(session: &Session, name: &str) -> Result<Option<Alarm>, Error> {
    let found = Client::new(session.config())
        .describe_alarms()
        .alarm_names(name)
        .send()
        .await
        .map_err(|error| Error::new("CloudWatch DescribeAlarms", error))?;
    let alarm = found.metric_alarms.unwrap_or_default().into_iter().next();
    Ok(alarm.map(|alarm| {
        let changed = alarm.state_transitioned_timestamp;
        let changed = changed.or(alarm.state_updated_timestamp);
        Alarm {
            is_off: alarm.state_value == Some(StateValue::Alarm),
            reason: alarm.state_reason.unwrap_or_default(),
            since: changed.and_then(|time| SystemTime::try_from(time).ok()),
        }
    }))
}
