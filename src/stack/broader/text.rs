//! Values of templates as text.

use serde_json::Value;

/// A value as text: what intrinsic functions refer to, as `Fn::Sub` has it.
pub(super) fn text(value: &Value) -> String {
    let of = |function: &str| value.get(function);
    if let Value::String(text) = value {
        return text.clone();
    }
    if let Some(inner) = of("Fn::Sub").or_else(|| of("Fn::ImportValue")) {
        return text(inner);
    }
    let parts = of("Fn::GetAtt").and_then(Value::as_array);
    let parts: Vec<_> = parts
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    match (&parts[..], of("Ref").and_then(Value::as_str)) {
        ([resource, attribute], _) => format!("${{{resource}.{attribute}}}"),
        (_, Some(resource)) => format!("${{{resource}}}"),
        _ => value.to_string(),
    }
}
