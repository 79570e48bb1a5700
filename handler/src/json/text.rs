//! JSON text as text: reformatted, taken apart and compared, without losing a digit.

use std::collections::BTreeMap;
use std::io;

use struson::reader::{
    JsonReader, JsonStreamReader, ReaderError, ReaderSettings, TransferError, ValueType,
};
use struson::writer::{JsonStreamWriter, JsonWriter as _, WriterSettings};

use super::number::Number;

/// Indents `text`, or returns it as it is if it is not JSON.
pub fn pretty(text: &str) -> String {
    copied(&mut reader(text), true).unwrap_or_else(|_| text.to_owned())
}

/// Writes `text` on one line; `None` if it is not exactly one JSON value.
pub fn compact(text: &str) -> Option<String> {
    let mut json = reader(text);
    let line = copied(&mut json, false).ok()?;
    json.consume_trailing_whitespace().ok()?;
    Some(line)
}

/// Returns the members of a JSON object, in their order: their names, and their values as JSON text. `None` if `text` is
/// not a JSON object.
pub fn members(text: &str) -> Option<Vec<(String, String)>> {
    let mut json = reader(text);
    let mut members = Vec::new();
    json.begin_object().ok()?;
    while json.has_next().ok()? {
        let name = json.next_name_owned().ok()?;
        members.push((name, copied(&mut json, false).ok()?));
    }
    json.end_object().ok()?;
    json.consume_trailing_whitespace().ok()?;
    Some(members)
}

/// Whether both are the same JSON value. Neither the order of members nor the spelling of strings and numbers counts.
pub fn are_equal(one: &str, other: &str) -> bool {
    let canonical = |text| canonical(&mut reader(text));
    matches!((canonical(one), canonical(other)), (Ok(one), Ok(other)) if one == other)
}

/// A reader of `text` that takes numbers of any size.
pub fn reader(text: &str) -> JsonStreamReader<&[u8]> {
    let settings = ReaderSettings {
        restrict_number_values: false,
        ..ReaderSettings::default()
    };
    JsonStreamReader::new_custom(text.as_bytes(), settings)
}

/// Returns the reader's next value as JSON text on one line.
///
/// # Errors
/// When it is not JSON.
pub fn copy_value(json: &mut impl JsonReader) -> Result<String, TransferError> {
    copied(json, false)
}

fn copied(json: &mut impl JsonReader, pretty_print: bool) -> Result<String, TransferError> {
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

/// A JSON value without its spelling.
#[derive(Debug, PartialEq, Eq)]
enum Canonical {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Canonical>),
    Object(BTreeMap<String, Canonical>),
}

fn canonical(json: &mut impl JsonReader) -> Result<Canonical, ReaderError> {
    Ok(match json.peek()? {
        ValueType::Null => {
            json.next_null()?;
            Canonical::Null
        }
        ValueType::Boolean => Canonical::Bool(json.next_bool()?),
        ValueType::Number => Canonical::Number(Number::parse(json.next_number_as_str()?)),
        ValueType::String => Canonical::Text(json.next_string()?),
        ValueType::Array => {
            let mut values = Vec::new();
            json.begin_array()?;
            while json.has_next()? {
                values.push(canonical(json)?);
            }
            json.end_array()?;
            Canonical::List(values)
        }
        ValueType::Object => {
            let mut members = BTreeMap::new();
            json.begin_object()?;
            while json.has_next()? {
                let name = json.next_name_owned()?;
                members.insert(name, canonical(json)?);
            }
            json.end_object()?;
            Canonical::Object(members)
        }
    })
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
    fn only_the_same_value_is_equal() {
        for (one, other) in [
            (
                r#"{"a":1,"b":[null,true]}"#,
                r#"{ "b": [null, true], "a": 1.0 }"#,
            ),
            ("100", "1e2"),
            (r#""\u00e9""#, "\"é\""),
        ] {
            assert!(are_equal(one, other), "{one} {other}");
        }
        for (one, other) in [
            ("1", "-1"),
            ("12345678901234567890123", "12345678901234567890124"),
            ("1", "\"1\""),
            ("[1,2]", "[2,1]"),
            (r#"{"a":1}"#, r#"{"a":1,"b":null}"#),
            ("1", "nope"),
        ] {
            assert!(!are_equal(one, other), "{one} {other}");
        }
    }
}
