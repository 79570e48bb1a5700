//! Writes JSON from values that hold numbers as text, such as DynamoDB's.

use std::collections::HashMap;
use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use struson::writer::{JsonNumberError, JsonStreamWriter, JsonWriter};

use super::item::{AttributeValue, Item};

/// A JSON document being written.
pub type Writer<'a> = JsonStreamWriter<&'a mut Vec<u8>>;

/// How a value of another type looks in JSON.
#[derive(Debug)]
pub enum View<'a, V> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, by its digits.
    Number(&'a str),
    /// A string.
    Text(&'a str),
    /// Bytes, written as a string in base64.
    Bytes(&'a [u8]),
    /// An array of other values.
    List(&'a [V]),
    /// An array of views.
    Set(Vec<View<'a, V>>),
    /// An object of other values.
    Object(&'a HashMap<String, V>),
    /// A value that has no place in JSON.
    Unsupported,
}

/// Returns a document with what `write` writes.
///
/// # Errors
/// Those of `write`. Writing to memory does not fail.
pub fn document(write: impl FnOnce(&mut Writer) -> io::Result<()>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut writer = JsonStreamWriter::new(&mut bytes);
    write(&mut writer)?;
    writer.finish_document()?;
    Ok(bytes)
}

/// Writes an item as a JSON object, its members sorted by name.
///
/// # Errors
/// None: writing to memory does not fail.
pub fn write_item(item: &Item, writer: &mut Writer) -> io::Result<()> {
    write_object(item, |name| Some(name), view, writer)
}

/// Writes an object, its members sorted by name. `rename` gives each member its name, or leaves it out; `view` says how a
/// value looks.
///
/// # Errors
/// For a value that `view` says is unsupported.
#[expect(clippy::implicit_hasher, reason = "items are the SDK's HashMap")]
pub fn write_object<V>(
    object: &HashMap<String, V>,
    rename: impl Fn(&str) -> Option<&str>,
    view: impl Fn(&V) -> View<'_, V> + Copy,
    writer: &mut Writer,
) -> io::Result<()> {
    let named = object
        .iter()
        .filter_map(|(name, value)| Some((rename(name)?, value)));
    let mut members: Vec<_> = named.collect();
    members.sort_unstable_by_key(|(name, _)| *name);
    writer.begin_object()?;
    for (name, value) in members {
        writer.name(name)?;
        write_view(&view(value), view, writer)?;
    }
    writer.end_object()
}

fn write_view<V>(
    value: &View<'_, V>,
    view: impl Fn(&V) -> View<'_, V> + Copy,
    writer: &mut Writer,
) -> io::Result<()> {
    match value {
        View::Null => writer.null_value(),
        View::Bool(value) => writer.bool_value(*value),
        View::Number(digits) => write_number(digits, writer),
        View::Text(text) => writer.string_value(text),
        View::Bytes(bytes) => writer.string_value(&BASE64.encode(bytes)),
        View::List(values) => {
            writer.begin_array()?;
            for value in *values {
                write_view(&view(value), view, writer)?;
            }
            writer.end_array()
        }
        View::Set(values) => {
            writer.begin_array()?;
            for value in values {
                write_view(value, view, writer)?;
            }
            writer.end_array()
        }
        View::Object(object) => write_object(object, |name| Some(name), view, writer),
        View::Unsupported => Err(io::Error::other("a value has no place in JSON")),
    }
}

/// Shows an attribute of an item. This API writes none of the types that JSON lacks, but another writer of the table may.
fn view(value: &AttributeValue) -> View<'_, AttributeValue> {
    match value {
        AttributeValue::S(text) => View::Text(text),
        AttributeValue::N(digits) => View::Number(digits),
        AttributeValue::Bool(value) => View::Bool(*value),
        AttributeValue::M(item) => View::Object(item),
        AttributeValue::L(values) => View::List(values),
        AttributeValue::Ss(texts) => View::Set(texts.iter().map(|text| View::Text(text)).collect()),
        AttributeValue::Ns(numbers) => {
            View::Set(numbers.iter().map(|digits| View::Number(digits)).collect())
        }
        AttributeValue::B(blob) => View::Bytes(blob.as_ref()),
        AttributeValue::Bs(blobs) => View::Set(
            blobs
                .iter()
                .map(|blob| View::Bytes(blob.as_ref()))
                .collect(),
        ),
        _ => View::Null,
    }
}

/// Writes a number with exactly these digits.
fn write_number(digits: &str, writer: &mut Writer) -> io::Result<()> {
    match writer.number_value_from_string(digits) {
        Ok(()) => Ok(()),
        Err(JsonNumberError::IoError(error)) => Err(error),
        Err(JsonNumberError::InvalidNumber(_)) => writer.string_value(digits),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_other_writers_are_readable() {
        let item = Item::from([
            (
                "ss".to_owned(),
                AttributeValue::Ss(vec!["x".into(), "y".into()]),
            ),
            ("ns".to_owned(), AttributeValue::Ns(vec!["1.50".into()])),
            (
                "b".to_owned(),
                AttributeValue::B(aws_sdk_dynamodb::primitives::Blob::new(*b"hi")),
            ),
        ]);
        let bytes = document(|writer| write_item(&item, writer)).expect("written");
        assert_eq!(
            String::from_utf8(bytes).as_deref(),
            Ok(r#"{"b":"aGk=","ns":[1.50],"ss":["x","y"]}"#)
        );
    }
}
