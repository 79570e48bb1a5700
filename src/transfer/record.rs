//! A user as it was read, and what became of it.

use umb_handler::user::User;

/// A user as it was read.
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub(super) end: Position,
    /// The user as a JSON object, or why it is not one.
    pub(super) user: Result<String, String>,
    /// The text in the file: a line of JSON Lines; a CSV row as a JSON object, or as CSV if it is not a user.
    pub(super) raw: String,
}

/// A place in a file: after some records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Position {
    /// The number of records before it.
    pub(super) records: u64,
    /// The line of the last of those records, or the line that it starts in. The first line is 1.
    pub(super) line: u64,
    /// The number of bytes before it.
    pub(super) byte: u64,
}

/// What became of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    Created,
    Updated,
    /// It is in the table, whether the user existed before or not.
    Written,
    /// The user existed and stays as it is.
    Skipped,
    Rejected {
        reason: String,
        raw: String,
    },
}

impl Record {
    /// The user, checked as the API checks it.
    ///
    /// # Errors
    /// Why it is not a valid user.
    pub(super) fn valid(&self) -> Result<User, String> {
        let text = self.user.as_ref().map_err(Clone::clone)?;
        User::from_json(text.as_bytes()).map_err(|violations| {
            let reasons = violations.iter().map(|violation| {
                let text = format!("{} {}", violation.pointer, violation.detail);
                text.trim().to_owned()
            });
            reasons.collect::<Vec<_>>().join("; ")
        })
    }

    /// The outcome of a record that was rejected.
    pub(super) fn rejected(&self, reason: String) -> Outcome {
        Outcome::Rejected {
            reason,
            raw: self.raw.clone(),
        }
    }
}
