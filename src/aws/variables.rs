//! The variables that AWS's SDK reads by itself, checked beforehand: of what cannot be right, it says little, or it panics.

use std::env;

use http::Uri;

use super::error::Error;

/// The variables of an access key.
const KEYS: [&str; 3] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
];
/// The beginning of the variables that replace AWS by another server; that of one service has its name behind it. Source:
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>.
const ENDPOINT: &str = "AWS_ENDPOINT_URL";

/// Checks the environment's variables.
///
/// # Errors
/// The first variable with an invalid value.
pub(super) fn check() -> Result<(), Error> {
    check_all(env::vars_os().filter_map(|(name, value)| {
        let (name, value) = (
            name.into_string().ok()?,
            value.to_string_lossy().into_owned(),
        );
        Some((name, value))
    }))
}

fn check_all(variables: impl Iterator<Item = (String, String)>) -> Result<(), Error> {
    for (name, value) in variables {
        if KEYS.contains(&name.as_str()) {
            check_key(&name, &value)?;
        } else if name.starts_with(ENDPOINT) {
            check_endpoint(&name, &value)?;
        }
    }
    Ok(())
}

fn check_key(name: &str, value: &str) -> Result<(), Error> {
    // An empty one is none.
    match impurity(value) {
        Some(what) if !value.trim().is_empty() => Err(Error::impure_variable(name, what)),
        _ => Ok(()),
    }
}

/// Returns what a part of an access key cannot contain; `None` where it may be one.
pub(super) fn impurity(value: &str) -> Option<&'static str> {
    value.chars().find_map(|letter| match letter {
        '!'..='~' => None,
        '\n' | '\r' => Some("a line break"),
        ' ' | '\t' => Some("a space"),
        _ => Some("a character that no access key has"),
    })
}

/// Checks the address of a server; `name` says where it is set. An empty one is none.
pub(super) fn check_endpoint(name: &str, value: &str) -> Result<(), Error> {
    let invalid = |rule| Err(Error::invalid_setting(name, value, rule));
    if value.is_empty() {
        return Ok(());
    }
    if value.trim() != value {
        return invalid("there is a space or a line break around it");
    }
    match value.parse::<Uri>() {
        Ok(uri) if matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some() => {
            Ok(())
        }
        _ => invalid("it must be a URL such as http://localhost:4566"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(name: &str, value: &str) -> Result<(), String> {
        let variable = (name.to_owned(), value.to_owned());
        check_all([variable].into_iter()).map_err(|error| error.to_string())
    }

    #[test]
    fn an_access_key_has_no_spaces_and_is_never_shown() {
        for (value, what) in [
            ("secret\n", "a line break"),
            ("secret\r", "a line break"),
            (" secret", "a space"),
            ("sec\tret", "a space"),
            ("s\u{e9}cret", "a character that no access key has"),
            ("secret\0", "a character that no access key has"),
        ] {
            for name in KEYS {
                let error = checked(name, value).expect_err(what);
                assert_eq!(error, format!("{name} contains {what}"));
            }
        }
        for value in ["", " ", "\n", "AKIA+/=secret"] {
            assert_eq!(checked("AWS_SESSION_TOKEN", value), Ok(()), "{value}");
        }
    }

    #[test]
    fn an_endpoint_is_a_url() {
        for valid in [
            "",
            "http://localhost:4566",
            "https://[::1]:1/path",
            "http://h",
        ] {
            assert_eq!(checked("AWS_ENDPOINT_URL", valid), Ok(()), "{valid}");
        }
        for invalid in [
            "localhost:4566",
            "localhost",
            "htp://localhost",
            "https://",
            "http://h\n",
            " http://h",
            "http://a b",
        ] {
            for name in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"] {
                let error = checked(name, invalid).expect_err(invalid);
                assert!(error.starts_with(&format!("{name} = `")), "{error}");
                assert!(!error.contains('\n'), "{error}");
            }
        }
    }
}
