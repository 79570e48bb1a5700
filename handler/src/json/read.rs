//! Reads JSON text as DynamoDB attribute values.

use struson::reader::{JsonReader, JsonStreamReader, ReaderError, ReaderSettings, ValueType};

use super::item::{AttributeValue, Item, MAX_DEPTH, MAX_DIGITS, Violation};
use super::number::Number;

/// How many violations are reported: an answer must not outgrow its request.
const MAX_VIOLATIONS: usize = 50;
/// The powers of ten that the first digit of a non-zero number may have: 1E-130 to 9.9…E+125.
const MAGNITUDES: std::ops::RangeInclusive<i64> = -130..=125;

/// Reads a JSON object as a DynamoDB item.
///
/// # Errors
/// Every member that DynamoDB could not hold, or one violation of the whole body when it is not a JSON object.
pub fn parse_object(body: &[u8]) -> Result<Item, Vec<Violation>> {
    let settings = ReaderSettings {
        track_path: false,
        // A value that is nested too deep is skipped and reported, however deep it is.
        max_nesting_depth: None,
        restrict_number_values: false,
        ..ReaderSettings::default()
    };
    let reader = Reader {
        json: JsonStreamReader::new_custom(body, settings),
        violations: Vec::new(),
    };
    let (item, violations) = reader.whole_body().map_err(|error| {
        let detail = match error {
            ReaderError::UnexpectedValueType { .. } => "the body must be a JSON object".to_owned(),
            ReaderError::SyntaxError(error) => match error.location.line_pos {
                Some(at) => format!(
                    "the body is not JSON (line {}, column {})",
                    at.line + 1,
                    at.column + 1
                ),
                None => "the body is not JSON".to_owned(),
            },
            _ => "the body is not JSON text in UTF-8".to_owned(),
        };
        vec![Violation::new("", detail)]
    })?;
    if violations.is_empty() {
        Ok(item)
    } else {
        Err(violations)
    }
}

/// A value's place in the body, as a chain of stack frames. The pointer is spelled out only when there is a violation to
/// report.
struct Path<'a> {
    parent: Option<(&'a Path<'a>, &'a str)>,
    depth: usize,
}

impl<'a> Path<'a> {
    fn root() -> Self {
        Self {
            parent: None,
            depth: 0,
        }
    }

    fn child(&'a self, name: &'a str) -> Self {
        Self {
            parent: Some((self, name)),
            depth: self.depth + 1,
        }
    }

    fn pointer(&self) -> String {
        match self.parent {
            None => String::new(),
            Some((parent, name)) => format!(
                "{}/{}",
                parent.pointer(),
                name.replace('~', "~0").replace('/', "~1")
            ),
        }
    }
}

struct Reader<'a> {
    json: JsonStreamReader<&'a [u8]>,
    violations: Vec<Violation>,
}

impl Reader<'_> {
    fn whole_body(mut self) -> Result<(Item, Vec<Violation>), ReaderError> {
        let item = self.object(&Path::root())?;
        self.json.consume_trailing_whitespace()?;
        Ok((item, self.violations))
    }

    fn object(&mut self, at: &Path) -> Result<Item, ReaderError> {
        let mut item = Item::new();
        self.json.begin_object()?;
        while self.json.has_next()? {
            let name = self.json.next_name_owned()?;
            let here = at.child(&name);
            if name.is_empty() {
                self.refuse(&here, "a member's name must not be empty");
            }
            let value = self.value(&here)?;
            if item.contains_key(&name) {
                self.refuse(&here, "is a duplicate member");
            }
            item.insert(name, value);
        }
        self.json.end_object()?;
        Ok(item)
    }

    fn list(&mut self, at: &Path) -> Result<Vec<AttributeValue>, ReaderError> {
        let mut values = Vec::new();
        self.json.begin_array()?;
        while self.json.has_next()? {
            let index = values.len().to_string();
            values.push(self.value(&at.child(&index))?);
        }
        self.json.end_array()?;
        Ok(values)
    }

    fn value(&mut self, at: &Path) -> Result<AttributeValue, ReaderError> {
        if at.depth > MAX_DEPTH {
            self.json.skip_value()?;
            return Ok(self.refuse(at, &format!("is nested deeper than {MAX_DEPTH} levels")));
        }
        Ok(match self.json.peek()? {
            ValueType::Object => AttributeValue::M(self.object(at)?),
            ValueType::Array => AttributeValue::L(self.list(at)?),
            ValueType::String => AttributeValue::S(self.json.next_string()?),
            ValueType::Number => match number(self.json.next_number_as_str()?) {
                Ok(number) => AttributeValue::N(number),
                Err(detail) => self.refuse(at, &detail),
            },
            ValueType::Boolean => AttributeValue::Bool(self.json.next_bool()?),
            ValueType::Null => {
                self.json.next_null()?;
                AttributeValue::Null(true)
            }
        })
    }

    /// Notes a violation, unless there are enough; returns a value to put in its place.
    fn refuse(&mut self, at: &Path, detail: &str) -> AttributeValue {
        if self.violations.len() < MAX_VIOLATIONS {
            self.violations.push(Violation::new(at.pointer(), detail));
        }
        AttributeValue::Null(true)
    }
}

/// Checks a JSON number against what DynamoDB keeps exactly. Zero loses its sign and exponent.
fn number(text: &str) -> Result<String, String> {
    let number = Number::parse(text);
    if number.is_zero() {
        Ok("0".to_owned())
    } else if number.digits() > MAX_DIGITS {
        Err(format!(
            "has more than {MAX_DIGITS} significant digits, which DynamoDB cannot keep exactly"
        ))
    } else if MAGNITUDES.contains(&number.magnitude()) {
        Ok(text.to_owned())
    } else {
        Err("is out of range: DynamoDB keeps 1E-130 to 9.9E+125".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use crate::json::{document, write_item};

    use super::*;

    fn round_trip(body: &str) -> String {
        text(&parse_object(body.as_bytes()).expect("a valid object"))
    }

    fn text(item: &Item) -> String {
        let bytes = document(|writer| write_item(item, writer)).expect("written");
        String::from_utf8(bytes).expect("text")
    }

    fn refused(body: &str) -> Vec<(String, String)> {
        parse_object(body.as_bytes())
            .expect_err("an invalid object")
            .into_iter()
            .map(|violation| (violation.pointer, violation.detail))
            .collect()
    }

    /// `{"a":[[…null]]}` whose innermost value is at level `depth`.
    fn nested(depth: usize) -> String {
        let (open, close) = ("[".repeat(depth - 1), "]".repeat(depth - 1));
        format!("{{\"a\":{open}null{close}}}")
    }

    #[test]
    fn numbers_keep_their_text() {
        for number in [
            "1",
            "-1",
            "1.5",
            "12345678901234567890123456789012345678",
            "0.1234567890123456789012345678901234567",
            "1e125",
            "1E-130",
            "9007199254740993",
        ] {
            let body = format!("{{\"n\":{number}}}");
            assert_eq!(round_trip(&body), body);
        }
    }

    #[test]
    fn zero_is_zero_whatever_its_sign_and_exponent() {
        for zero in ["0", "-0", "0.000", "0e999", "-0.0E-999"] {
            assert_eq!(round_trip(&format!("{{\"n\":{zero}}}")), "{\"n\":0}");
        }
    }

    #[test]
    fn trailing_zeros_do_not_count_as_digits() {
        let body = format!("{{\"n\":1{}}}", "0".repeat(125));
        assert_eq!(round_trip(&body), body);
    }

    #[test]
    fn numbers_beyond_dynamodb_are_refused_with_their_pointer() {
        for number in [
            "123456789012345678901234567890123456789",
            "1e126",
            "1e-131",
            "1e99999999999999999999",
            "0.123456789012345678901234567890123456789",
        ] {
            let violations = refused(&format!("{{\"a\":{{\"b/c\":[{number}]}}}}"));
            assert_eq!(violations.len(), 1, "{number}");
            assert_eq!(violations[0].0, "/a/b~1c/0", "{number}");
        }
    }

    #[test]
    fn keys_that_serde_json_reserves_are_plain_keys() {
        let body = r#"{"a":{"$serde_json::private::Number":"1"},"b":{"$serde_json::private::RawValue":"2"},"__proto__":{"constructor":null}}"#;
        let sorted = r#"{"__proto__":{"constructor":null},"a":{"$serde_json::private::Number":"1"},"b":{"$serde_json::private::RawValue":"2"}}"#;
        assert_eq!(round_trip(body), sorted);
    }

    #[test]
    fn nesting_stops_at_dynamodbs_limit() {
        assert_eq!(round_trip(&nested(MAX_DEPTH)), nested(MAX_DEPTH));
        assert_eq!(refused(&nested(MAX_DEPTH + 1)).len(), 1);
    }

    #[test]
    fn a_body_of_a_million_brackets_is_refused_like_any_other() {
        assert_eq!(refused(&nested(1_000_000)).len(), 1);
    }

    #[test]
    fn a_million_violations_are_not_a_million_times_named() {
        let body = format!("{{\"a\":[{}1e999]}}", "1e999,".repeat(999_999));
        assert_eq!(refused(&body).len(), MAX_VIOLATIONS);
    }

    #[test]
    fn duplicates_and_empty_names_are_refused() {
        assert_eq!(
            refused(r#"{"a":1,"a":2}"#),
            [("/a".to_owned(), "is a duplicate member".to_owned())]
        );
        assert_eq!(refused(r#"{"a":{"":1}}"#)[0].0, "/a/");
    }

    #[test]
    fn anything_but_an_object_is_refused_as_a_whole() {
        for body in ["", "notjson", "[]", "1", "\"a\"", "null", "{", "{\"a\":}"] {
            assert_eq!(refused(body)[0].0, "", "{body}");
        }
        assert!(parse_object(b"{\"a\":\"\xff\"}").is_err());
        assert!(parse_object(br#"{"a":"\ud800"}"#).is_err());
    }
}
