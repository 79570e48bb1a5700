//! Standard output. What could not be written to it makes the command fail, unless nobody reads any more.

use std::io::{self, ErrorKind, Write};
use std::sync::OnceLock;

use crate::error::{Failure, Kind};

/// Why something was not written, if that is so. There is one standard output.
static UNWRITTEN: OnceLock<io::Error> = OnceLock::new();

/// Writes `text` at once. Nothing more is written after a failure: a part of a result is worse than none.
pub(super) fn write(stream: &mut impl Write, text: &str) {
    if UNWRITTEN.get().is_some() {
        return;
    }
    let written = stream
        .write_all(text.as_bytes())
        .and_then(|()| stream.flush());
    if let Err(error) = written {
        // Nobody else sets it where this fails.
        let _ = UNWRITTEN.set(error);
    }
}

/// Whether the reader went away, as `head -1` does: nothing more is wanted, and nothing is wrong.
pub(super) fn is_closed() -> bool {
    UNWRITTEN
        .get()
        .is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

/// The failure to write, if there was one.
pub(super) fn failure() -> Option<Failure> {
    let error = UNWRITTEN.get().filter(|_| !is_closed())?;
    let cause = format!("cannot write the output: {error}");
    let hint = "make room, or write it somewhere else, then run the same command again";
    Some(Failure::new(Kind::Failed, cause).hint(hint))
}

/// Returns a text with its control characters escaped as JSON does, so that a terminal shows them instead of obeying.
pub(super) fn escaped(text: &str) -> String {
    let is_safe = |letter: char| !letter.is_control() || letter == '\n';
    if text.chars().all(is_safe) {
        return text.to_owned();
    }
    let letters = text.chars().map(|letter| {
        if is_safe(letter) {
            letter.to_string()
        } else {
            format!("\\u{:04x}", u32::from(letter))
        }
    });
    letters.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_of_both_kinds_are_escaped() {
        assert_eq!(escaped("{\n \"a\": \"ü\"}"), "{\n \"a\": \"ü\"}");
        assert_eq!(
            escaped("\u{1b}[31m\u{7f}\u{9b}2J\r\t"),
            "\\u001b[31m\\u007f\\u009b2J\\u000d\\u0009"
        );
    }
}
