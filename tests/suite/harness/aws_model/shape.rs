//! Whether a value is one of its shape: members, required ones, types, choices, patterns, lengths and ranges.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex};

use regex::Regex;
use serde_json::Value;

use super::{Model, target};

/// Adds to `broken` what a value breaks.
pub fn check(model: &Model, shape: &str, value: &Value, path: &str, broken: &mut Vec<String>) {
    let definition = model.shape(shape);
    let kind = definition["type"].as_str().unwrap_or_default();
    let fits = match kind {
        "structure" | "map" => value.is_object(),
        "list" => value.is_array(),
        "string" | "blob" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" | "long" => value.is_i64() || value.is_u64(),
        "float" | "double" => value.is_number(),
        "timestamp" => value.is_number() || value.is_string(),
        _ => true,
    };
    if !fits {
        broken.push(format!("{path}: not a {kind}"));
        return;
    }
    match value {
        Value::Object(_) if kind == "structure" => structure(model, shape, value, path, broken),
        Value::Object(map) => {
            size(definition, map.len(), path, broken);
            for (key, value) in map {
                let path = format!("{path}.{key}");
                let text = Value::from(key.as_str());
                check(model, target(&definition["key"]), &text, &path, broken);
                check(model, target(&definition["value"]), value, &path, broken);
            }
        }
        Value::Array(values) => {
            size(definition, values.len(), path, broken);
            for (index, value) in values.iter().enumerate() {
                let path = format!("{path}[{index}]");
                check(model, target(&definition["member"]), value, &path, broken);
            }
        }
        Value::String(text) if kind == "string" => string(definition, text, path, broken),
        Value::Number(number) => range(definition, number.as_f64().unwrap_or(0.0), path, broken),
        _ => {}
    }
}

fn structure(model: &Model, shape: &str, value: &Value, path: &str, broken: &mut Vec<String>) {
    let definition = model.shape(shape);
    let object = value.as_object().unwrap();
    let required = definition["required"].as_array();
    for name in required.into_iter().flatten().filter_map(Value::as_str) {
        if object.get(name).is_none_or(Value::is_null) {
            broken.push(format!("{path}.{name}: missing"));
        }
    }
    // botocore does not say of DynamoDB's that it is one.
    let is_union = definition["union"] == true || shape == "AttributeValue";
    if is_union && object.len() != 1 {
        broken.push(format!("{path}: one of its members, not {}", object.len()));
    }
    for (name, value) in object {
        let path = format!("{path}.{name}");
        match definition["members"].get(name) {
            Some(member) => check(model, target(member), value, &path, broken),
            None => broken.push(format!("{path}: unknown")),
        }
    }
}

/// The bounds of a length or a number.
fn bounds(definition: &Value) -> (f64, f64) {
    let bound = |name: &str, otherwise: f64| definition[name].as_f64().unwrap_or(otherwise);
    (bound("min", f64::MIN), bound("max", f64::MAX))
}

fn size(definition: &Value, size: usize, path: &str, broken: &mut Vec<String>) {
    let (min, max) = bounds(definition);
    #[expect(clippy::cast_precision_loss, reason = "no length here is that large")]
    let size = size as f64;
    if size < min || size > max {
        broken.push(format!("{path}: its length is {size}, not {min} to {max}"));
    }
}

fn range(definition: &Value, number: f64, path: &str, broken: &mut Vec<String>) {
    let (min, max) = bounds(definition);
    if number < min || number > max {
        broken.push(format!("{path}: {number} is not {min} to {max}"));
    }
}

fn string(definition: &Value, text: &str, path: &str, broken: &mut Vec<String>) {
    size(definition, text.chars().count(), path, broken);
    if let Some(choices) = definition["enum"].as_array()
        && !choices.iter().any(|choice| choice == text)
    {
        broken.push(format!("{path}: `{text}` is none of its choices"));
    }
    if let Some(pattern) = definition["pattern"].as_str()
        && !matches(pattern, text)
    {
        broken.push(format!("{path}: `{text}` does not match {pattern}"));
    }
}

/// Whether the whole of a text matches a pattern of Java's.
fn matches(pattern: &str, text: &str) -> bool {
    static COMPILED: LazyLock<Mutex<BTreeMap<String, Regex>>> = LazyLock::new(Mutex::default);
    let mut compiled = COMPILED.lock().unwrap();
    let regex = compiled.entry(pattern.to_owned()).or_insert_with(|| {
        // In Java, a character beyond the first 65,536 is two halves.
        let whole = pattern.replace("\\uD800\\uDC00-\\uDBFF\\uDFFF", "\\x{10000}-\\x{10FFFF}");
        let regex = Regex::new(&format!("^(?s:{whole})$"));
        regex.unwrap_or_else(|error| panic!("a pattern that cannot be read: {error}"))
    });
    regex.is_match(text)
}
