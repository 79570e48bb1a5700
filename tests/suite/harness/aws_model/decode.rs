//! Which operation a request calls, and with what, in any of AWS's protocols. Source:
//! <https://smithy.io/2.0/aws/protocols/index.html>.

use serde_json::{Map, Value, json};

use super::{Asked, Model, Sent, query, rest, target, wire_name};

/// # Errors
/// When the service has no such operation.
pub fn decode(model: &Model, sent: &Sent) -> Result<Asked, String> {
    if sent.header("smithy-protocol") == "rpc-v2-cbor" {
        let operation = sent.target.rsplit('/').next().unwrap_or_default();
        let body = cbor(&sent.body)?;
        return named(model, operation, |shape| Ok(from_json(model, shape, &body)));
    }
    if model.has_protocol("json") {
        let operation = sent.header("x-amz-target").rsplit('.').next();
        let body = json_body(&sent.body)?;
        return named(model, operation.unwrap_or_default(), |shape| {
            Ok(from_json(model, shape, &body))
        });
    }
    if model.has_protocol("query") {
        let mut pairs = query::pairs(&sent.body);
        pairs.remove("Version");
        let operation = pairs.remove("Action").unwrap_or_default();
        return named(model, &operation, |shape| query::read(model, shape, &pairs));
    }
    rest::decode(model, sent)
}

fn named(
    model: &Model,
    operation: &str,
    read: impl FnOnce(&str) -> Result<Value, String>,
) -> Result<Asked, String> {
    let known = &model.0["operations"][operation];
    if known.is_null() {
        return Err(format!("there is no operation `{operation}`"));
    }
    let input = match known["input"]["shape"].as_str() {
        Some(shape) => read(shape)?,
        None => json!({}),
    };
    Ok(Asked {
        operation: operation.to_owned(),
        input,
    })
}

pub fn json_body(body: &[u8]) -> Result<Value, String> {
    if body.is_empty() {
        return Ok(json!({}));
    }
    serde_json::from_slice(body).map_err(|error| format!("the body is not JSON: {error}"))
}

/// Tags say that a number is a time, which the model says, too.
fn cbor(body: &[u8]) -> Result<Value, String> {
    if body.is_empty() {
        return Ok(json!({}));
    }
    let value: ciborium::Value =
        ciborium::from_reader(body).map_err(|error| format!("the body is not CBOR: {error}"))?;
    untagged(value)
        .deserialized()
        .map_err(|error| format!("the body is not JSON in CBOR: {error}"))
}

fn untagged(value: ciborium::Value) -> ciborium::Value {
    use ciborium::Value as V;
    match value {
        V::Tag(_, inner) => untagged(*inner),
        V::Array(values) => V::Array(values.into_iter().map(untagged).collect()),
        V::Map(pairs) => V::Map(
            pairs
                .into_iter()
                .map(|(key, value)| (key, untagged(value)))
                .collect(),
        ),
        other => other,
    }
}

/// Calls members by the names that the model has for them; what it does not know keeps its name.
pub fn from_json(model: &Model, shape: &str, value: &Value) -> Value {
    let definition = model.shape(shape);
    match (definition["type"].as_str().unwrap_or_default(), value) {
        ("structure", Value::Object(object)) => {
            let mut named = Map::new();
            for (wire, inner) in object {
                let member = model
                    .members(shape)
                    .find(|(name, member)| wire_name(name, member) == wire);
                match member {
                    Some((name, member)) => {
                        named.insert(name.to_owned(), from_json(model, target(member), inner));
                    }
                    None => {
                        named.insert(wire.clone(), inner.clone());
                    }
                }
            }
            named.into()
        }
        ("list", Value::Array(values)) => values
            .iter()
            .map(|value| from_json(model, target(&definition["member"]), value))
            .collect(),
        ("map", Value::Object(object)) => object
            .iter()
            .map(|(key, value)| {
                let value = from_json(model, target(&definition["value"]), value);
                (key.clone(), value)
            })
            .collect(),
        _ => value.clone(),
    }
}

/// A text as a value of a shape that is no container.
pub fn scalar(model: &Model, shape: &str, text: &str) -> Value {
    let parsed = match model.shape(shape)["type"].as_str().unwrap_or_default() {
        "boolean" => text.parse::<bool>().ok().map(Value::from),
        "integer" | "long" => text.parse::<i64>().ok().map(Value::from),
        "float" | "double" => text.parse::<f64>().ok().map(Value::from),
        _ => None,
    };
    parsed.unwrap_or_else(|| text.into())
}
