//! Whether two users are the same, in whatever order and way their JSON is written.

use std::collections::BTreeMap;

use struson::reader::{JsonReader, JsonStreamReader, ReaderError, ReaderSettings, ValueType};

/// Whether both are the same JSON value: numbers by what they say, to the last digit.
pub(super) fn are_equal(one: &str, other: &str) -> bool {
    matches!((canonical(one), canonical(other)), (Ok(one), Ok(other)) if one == other)
}

#[derive(Debug, PartialEq, Eq)]
enum Canonical {
    Null,
    Bool(bool),
    /// Sign, digits without zeros at either end, and the power of ten of the last one.
    Number(bool, String, i64),
    Text(String),
    List(Vec<Canonical>),
    Object(BTreeMap<String, Canonical>),
}

fn canonical(text: &str) -> Result<Canonical, ReaderError> {
    let settings = ReaderSettings {
        restrict_number_values: false,
        ..ReaderSettings::default()
    };
    value(&mut JsonStreamReader::new_custom(text.as_bytes(), settings))
}

fn value(json: &mut impl JsonReader) -> Result<Canonical, ReaderError> {
    Ok(match json.peek()? {
        ValueType::Null => {
            json.next_null()?;
            Canonical::Null
        }
        ValueType::Boolean => Canonical::Bool(json.next_bool()?),
        ValueType::Number => number(json.next_number_as_str()?),
        ValueType::String => Canonical::Text(json.next_string()?),
        ValueType::Array => {
            let mut values = Vec::new();
            json.begin_array()?;
            while json.has_next()? {
                values.push(value(json)?);
            }
            json.end_array()?;
            Canonical::List(values)
        }
        ValueType::Object => {
            let mut members = BTreeMap::new();
            json.begin_object()?;
            while json.has_next()? {
                let name = json.next_name_owned()?;
                members.insert(name, value(json)?);
            }
            json.end_object()?;
            Canonical::Object(members)
        }
    })
}

fn number(text: &str) -> Canonical {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (is_negative, mantissa) = match mantissa.strip_prefix('-') {
        Some(mantissa) => (true, mantissa),
        None => (false, mantissa),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let ended = digits.trim_end_matches('0');
    let significant = ended.trim_start_matches('0');
    if significant.is_empty() {
        return Canonical::Number(false, String::new(), 0);
    }
    let count = |digits: &str| i64::try_from(digits.len()).unwrap_or(i64::MAX);
    let power = exponent.parse::<i64>().unwrap_or(i64::MAX);
    let power = power
        .saturating_sub(count(fraction))
        .saturating_add(count(&digits) - count(ended));
    Canonical::Number(is_negative, significant.to_owned(), power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_says_the_same_is_equal() {
        for (one, other) in [
            (
                r#"{"a":1,"b":[null,true]}"#,
                r#"{ "b": [null, true], "a": 1.0 }"#,
            ),
            ("100", "1e2"),
            ("-0.0", "0"),
            ("0.10", "1E-1"),
            (r#""\u00e9""#, "\"é\""),
        ] {
            assert!(are_equal(one, other), "{one} {other}");
        }
        for (one, other) in [
            ("1", "-1"),
            ("1", "10"),
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
