//! Answers as documents: what umb shows of them keeps every digit as it came.

use std::io;

use struson::reader::{JsonReader, JsonStreamReader, ReaderSettings, TransferError};
use struson::writer::{JsonStreamWriter, JsonWriter as _, WriterSettings};

/// One page of the list of users.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// Each user as a JSON object on one line.
    pub(crate) users: Vec<String>,
    /// Where the next page begins, if there is one.
    pub(crate) next: Option<String>,
}

/// `text` indented, or as it is where it is no JSON.
pub(crate) fn pretty(text: &str) -> String {
    written(&mut reader(text), true).unwrap_or_else(|_| text.to_owned())
}

/// `text` on one line, if it is one JSON value.
pub(crate) fn compact(text: &str) -> Option<String> {
    let mut json = reader(text);
    let line = written(&mut json, false).ok()?;
    json.consume_trailing_whitespace().ok()?;
    Some(line)
}

/// The members of a JSON object: their names, and their values as JSON text, in the order in which they
/// come; `None` where `text` is no JSON object.
pub(crate) fn members(text: &str) -> Option<Vec<(String, String)>> {
    let mut json = reader(text);
    let mut members = Vec::new();
    json.begin_object().ok()?;
    while json.has_next().ok()? {
        let name = json.next_name_owned().ok()?;
        members.push((name, written(&mut json, false).ok()?));
    }
    json.end_object().ok()?;
    json.consume_trailing_whitespace().ok()?;
    Some(members)
}

/// Reads a page.
///
/// # Errors
/// When it is none.
pub(super) fn page(text: &str) -> Result<Page, TransferError> {
    let mut page = Page {
        users: Vec::new(),
        next: None,
    };
    let mut json = reader(text);
    json.begin_object()?;
    while json.has_next()? {
        match json.next_name()? {
            "users" => {
                json.begin_array()?;
                while json.has_next()? {
                    page.users.push(written(&mut json, false)?);
                }
                json.end_array()?;
            }
            "next" => page.next = Some(json.next_string()?),
            _ => json.skip_value()?,
        }
    }
    json.end_object()?;
    Ok(page)
}

fn reader(text: &str) -> JsonStreamReader<&[u8]> {
    let settings = ReaderSettings {
        restrict_number_values: false,
        ..ReaderSettings::default()
    };
    JsonStreamReader::new_custom(text.as_bytes(), settings)
}

/// The reader's next value as text.
fn written(json: &mut impl JsonReader, pretty_print: bool) -> Result<String, TransferError> {
    let settings = WriterSettings {
        pretty_print,
        ..WriterSettings::default()
    };
    let mut bytes = Vec::new();
    let mut writer = JsonStreamWriter::new_custom(&mut bytes, settings);
    json.transfer_to(&mut writer)?;
    writer.finish_document()?;
    String::from_utf8(bytes).map_err(|error| io::Error::other(error).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structure_is_indented_and_digits_are_kept() {
        assert_eq!(
            pretty(r#"{"a":[1.50,{"b":12345678901234567890123}],"c":1e125}"#),
            "{\n  \"a\": [\n    1.50,\n    {\n      \"b\": 12345678901234567890123\n    }\n  ],\n  \"c\": 1e125\n}"
        );
        assert_eq!(pretty("not json"), "not json");
    }

    #[test]
    fn a_value_fits_on_one_line_and_keeps_its_digits() {
        assert_eq!(compact(" [1.50,\n{}] ").as_deref(), Some("[1.50,{}]"));
        for other in ["", "1 2", "{", "nope"] {
            assert_eq!(compact(other), None, "{other}");
        }
    }

    #[test]
    fn members_are_names_and_texts() {
        let pairs = |pairs: &[(&str, &str)]| {
            pairs
                .iter()
                .map(|(name, json)| ((*name).to_owned(), (*json).to_owned()))
                .collect()
        };
        assert_eq!(
            members(r#"{"b":[1.50, {}],"a":"x"}"#),
            Some(pairs(&[("b", "[1.50,{}]"), ("a", r#""x""#)]))
        );
        assert_eq!(members("{}"), Some(Vec::new()));
        for other in ["[]", "{", "{} {}", r#"{"a"}"#] {
            assert_eq!(members(other), None, "{other}");
        }
    }

    #[test]
    fn a_page_is_lines_and_a_next() {
        let read = page(r#"{"users":[{"a":1.50},{"b":[]}],"more":{},"next":"x"}"#).expect("valid");
        assert_eq!(read.users, [r#"{"a":1.50}"#, r#"{"b":[]}"#]);
        assert_eq!(read.next.as_deref(), Some("x"));
        assert!(page("[]").is_err());
    }
}
