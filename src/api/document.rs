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
    fn a_page_is_lines_and_a_next() {
        let read = page(r#"{"users":[{"a":1.50},{"b":[]}],"more":{},"next":"x"}"#).expect("valid");
        assert_eq!(read.users, [r#"{"a":1.50}"#, r#"{"b":[]}"#]);
        assert_eq!(read.next.as_deref(), Some("x"));
        assert!(page("[]").is_err());
    }
}
