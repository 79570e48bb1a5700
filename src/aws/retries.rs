//! How often the SDK repeats a call that failed.

use std::env;
use std::str::FromStr;

use aws_sdk_sts::config::retry::{RetryConfig, RetryMode};

use super::error::Error;
use super::shared_config::SharedConfig;

/// How often a call is made if nobody says anything else.
const ATTEMPTS: u32 = 5;

/// How often a call is made, and how fast. Source:
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Retries {
    /// At least 1.
    attempts: Option<u32>,
    mode: Option<RetryMode>,
}

impl Retries {
    /// What the environment says, else the profile.
    ///
    /// # Errors
    /// For a value that cannot be right.
    pub(super) fn read(config: &SharedConfig) -> Result<Self, Error> {
        Self::from_texts(|variable, setting| {
            let value = env::var(variable).ok().filter(|value| !value.is_empty());
            match value {
                Some(value) => Some((variable, value)),
                None => Some((setting, config.get(setting)?.to_owned())),
            }
        })
    }

    /// `text` gets a variable and the setting that it replaces, and returns a value and which of them has it.
    fn from_texts(
        text: impl Fn(&'static str, &'static str) -> Option<(&'static str, String)>,
    ) -> Result<Self, Error> {
        let attempts = text("AWS_MAX_ATTEMPTS", "max_attempts").map(|(name, value)| {
            let attempts = value.trim().parse().ok().filter(|attempts| *attempts > 0);
            attempts.ok_or_else(|| Error::invalid_setting(name, &value, "it is a number from 1"))
        });
        let mode = text("AWS_RETRY_MODE", "retry_mode").map(|(name, value)| match value.trim() {
            // The mode of older SDKs, which this one does not have. Its successor makes the same calls.
            mode if mode.eq_ignore_ascii_case("legacy") => Ok(RetryMode::Standard),
            mode => RetryMode::from_str(mode).map_err(|_| {
                Error::invalid_setting(name, &value, "it is standard, adaptive or legacy")
            }),
        });
        Ok(Self {
            attempts: attempts.transpose()?,
            mode: mode.transpose()?,
        })
    }

    /// Whether somebody has chosen the number of attempts, and so how long a call may take.
    pub(super) fn are_chosen(&self) -> bool {
        self.attempts.is_some()
    }

    pub(super) fn config(&self) -> RetryConfig {
        RetryConfig::standard()
            .with_max_attempts(self.attempts.unwrap_or(ATTEMPTS))
            .with_retry_mode(self.mode.unwrap_or(RetryMode::Standard))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(attempts: &str, mode: &str) -> Result<Retries, String> {
        let retries = Retries::from_texts(|variable, _| {
            let value = match variable {
                "AWS_MAX_ATTEMPTS" => attempts,
                _ => mode,
            };
            (!value.is_empty()).then(|| (variable, value.to_owned()))
        });
        retries.map_err(|error| error.to_string())
    }

    #[test]
    fn the_environment_decides_or_the_default_does() {
        let default = of("", "").expect("nothing is said");
        assert!(!default.are_chosen());
        assert_eq!(default.config().max_attempts(), ATTEMPTS);
        assert_eq!(default.config().mode(), RetryMode::Standard);

        let chosen = of("9", "adaptive").expect("both are valid");
        assert!(chosen.are_chosen());
        assert_eq!(chosen.config().max_attempts(), 9);
        assert_eq!(chosen.config().mode(), RetryMode::Adaptive);

        let legacy = of("", "legacy").expect("an old mode");
        assert_eq!(legacy.config().mode(), RetryMode::Standard);
    }

    #[test]
    fn what_cannot_be_right_is_refused() {
        for attempts in ["0", "-1", "many", "99999999999"] {
            assert_eq!(
                of(attempts, "").expect_err("not a number of attempts"),
                format!("AWS_MAX_ATTEMPTS = `{attempts}` is not valid: it is a number from 1")
            );
        }
        assert_eq!(
            of("", "fast").expect_err("not a mode"),
            "AWS_RETRY_MODE = `fast` is not valid: it is standard, adaptive or legacy"
        );
    }
}
