//! When a stage's alarm goes off.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor};

use super::limit::Limit;
use super::text::Invalid;

/// When a stage's alarm goes off, if it has one. The key `alarm` of `umb.toml`: a table of [`Threshold`]'s, or `false`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Alarm {
    Off,
    On(Threshold),
}

/// How many errors are too many.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(
    deny_unknown_fields,
    default,
    expecting = "a table of the alarm's keys"
)]
pub(crate) struct Threshold {
    /// The share of requests that the API answers with an error of its own (5xx).
    pub(crate) share: Share,
    /// How many requests there must be for the share to mean something.
    pub(crate) min_requests: Limit,
    /// Over how many minutes both are counted, and how long a deploy of the pipeline is watched.
    pub(crate) minutes: Minutes,
}

/// A share of requests: more than 0, at most 1.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(try_from = "f64")]
pub(crate) struct Share(f64);

/// A number of minutes, from 1 to 30.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u32")]
pub(crate) struct Minutes(u32);

impl Default for Threshold {
    fn default() -> Self {
        Self {
            share: Share(0.05),
            min_requests: Limit(20),
            minutes: Minutes(5),
        }
    }
}

impl Share {
    pub(crate) fn get(self) -> f64 {
        self.0
    }
}

impl Minutes {
    pub(crate) fn get(self) -> u32 {
        self.0
    }
}

impl TryFrom<f64> for Share {
    type Error = Invalid;

    fn try_from(share: f64) -> Result<Self, Self::Error> {
        if share > 0.0 && share <= 1.0 {
            Ok(Self(share))
        } else {
            Err(Invalid(
                "must be a share of requests: more than 0, at most 1",
            ))
        }
    }
}

impl TryFrom<u32> for Minutes {
    type Error = Invalid;

    fn try_from(minutes: u32) -> Result<Self, Self::Error> {
        if (1..=30).contains(&minutes) {
            Ok(Self(minutes))
        } else {
            Err(Invalid("must be from 1 to 30"))
        }
    }
}

impl<'de> Deserialize<'de> for Alarm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OffOrTable;

        impl<'de> Visitor<'de> for OffOrTable {
            type Value = Alarm;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("false, or a table of the alarm's keys")
            }

            fn visit_bool<E: de::Error>(self, is_on: bool) -> Result<Alarm, E> {
                Ok(if is_on {
                    Alarm::On(Threshold::default())
                } else {
                    Alarm::Off
                })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Alarm, A::Error> {
                let table = de::value::MapAccessDeserializer::new(map);
                Ok(Alarm::On(Threshold::deserialize(table)?))
            }
        }

        deserializer.deserialize_any(OffOrTable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_is_a_threshold_or_none() {
        let read = |text: &str| serde_json::from_str::<Alarm>(text);
        assert_eq!(read("false").expect("valid"), Alarm::Off);
        assert_eq!(read("{}").expect("valid"), Alarm::On(Threshold::default()));
        let some = read(r#"{"share": 1, "min_requests": 1, "minutes": 30}"#).expect("valid");
        let Alarm::On(some) = some else {
            panic!("off");
        };
        assert_eq!((some.min_requests.get(), some.minutes.get()), (1, 30));
        for invalid in [
            "\"off\"",
            r#"{"share": 0}"#,
            r#"{"share": 1.1}"#,
            r#"{"share": "NaN"}"#,
            r#"{"min_requests": 0}"#,
            r#"{"minutes": 31}"#,
            r#"{"period": 5}"#,
        ] {
            assert!(read(invalid).is_err(), "{invalid}");
        }
    }
}
