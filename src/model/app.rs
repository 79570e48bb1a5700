//! The app and its stages, by name.

use super::text::{Invalid, checked_text};

/// Names that a stage cannot have, because they are targets of another kind.
const RESERVED: [&str; 3] = ["all", "bootstrap", "pipeline"];
/// The longest name for which the asset bucket's name fits into the 63 characters that S3 allows.
const LONGEST_NAME: usize = 24;

checked_text! {
    /// The name of an app, the first part of every stack's name: a letter, then up to 23 letters and digits.
    App, check_app
}

checked_text! {
    /// The name of a stage: a lowercase letter, then up to 23 lowercase letters and digits.
    StageName, check_stage_name
}

impl Default for App {
    /// The name of the sample that umb replaces.
    fn default() -> Self {
        Self("UserManagementBackend".into())
    }
}

impl App {
    /// The name as the names of buckets have it.
    pub(crate) fn lowercase(&self) -> String {
        self.0.to_lowercase()
    }
}

impl StageName {
    /// The stage on this machine.
    pub(crate) const LOCAL: &str = "local";

    /// The stage for development, which exists without being configured.
    pub(crate) fn dev() -> Self {
        Self("dev".into())
    }

    /// The stage for production, which exists without being configured.
    pub(crate) fn prod() -> Self {
        Self("prod".into())
    }

    /// The name as the names of stacks have it: `Dev`.
    pub(crate) fn capitalized(&self) -> String {
        let mut letters = self.0.chars();
        letters.next().map_or_else(String::new, |first| {
            first.to_ascii_uppercase().to_string() + letters.as_str()
        })
    }
}

fn check_app(name: &str) -> Result<(), Invalid> {
    if is_name(name, |letter| letter.is_ascii_alphabetic()) {
        Ok(())
    } else {
        Err(Invalid(
            "must be a letter and up to 23 more letters and digits",
        ))
    }
}

fn check_stage_name(name: &str) -> Result<(), Invalid> {
    if RESERVED.contains(&name) {
        Err(Invalid("is a reserved name"))
    } else if is_name(name, |letter| letter.is_ascii_lowercase()) {
        Ok(())
    } else {
        Err(Invalid(
            "must be a lowercase letter and up to 23 more lowercase letters and digits",
        ))
    }
}

fn is_name(text: &str, is_letter: fn(char) -> bool) -> bool {
    text.len() <= LONGEST_NAME
        && text.starts_with(is_letter)
        && text
            .chars()
            .all(|letter| letter.is_ascii_digit() || is_letter(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_letters_and_digits() {
        for valid in ["a", "dev", "eu1", &"a".repeat(LONGEST_NAME)] {
            assert!(valid.parse::<StageName>().is_ok(), "{valid}");
        }
        for invalid in [
            "",
            "Dev",
            "1a",
            "a-b",
            "ü",
            "pipeline",
            &"a".repeat(LONGEST_NAME + 1),
        ] {
            assert!(invalid.parse::<StageName>().is_err(), "{invalid}");
        }
        assert!("UserManagementBackend".parse::<App>().is_ok());
        assert!("a-b".parse::<App>().is_err());
    }

    #[test]
    fn a_stage_is_capitalized_in_names_of_stacks() {
        assert_eq!(StageName::dev().capitalized(), "Dev");
    }
}
