//! What a template comes to with its parameters, as far as that can be told beforehand. Source:
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// A template with the values of its parameters, with the alternatives that its conditions choose, and without the
/// resources that they leave out, in the account that it is for. What cannot be told stays as it is written.
pub(crate) fn resolved(
    template: &Value,
    parameters: &BTreeMap<String, String>,
    account: &str,
) -> Value {
    let mut known = parameters.clone();
    known.insert("AWS::AccountId".to_owned(), account.to_owned());
    let mut resolved = template.clone();
    resolve(&mut resolved, &known);
    let conditions = resolved.get_mut("Conditions").map(Value::take);
    let conditions = conditions.unwrap_or_default();
    let resources = resolved.get_mut("Resources").and_then(Value::as_object_mut);
    if let Some(resources) = resources {
        resources.retain(|_, resource| {
            let condition = resource["Condition"].as_str();
            condition.is_none_or(|name| holds(&conditions[name]) != Some(false))
        });
        for resource in resources.values_mut() {
            choose(resource, &conditions);
        }
    }
    resolved
}

/// Takes of each `Fn::If` the part that its condition chooses, as far as that can be told.
fn choose(value: &mut Value, conditions: &Value) {
    // What is chosen may be such a choice in turn.
    while let Some([Value::String(name), then, otherwise]) = value
        .get("Fn::If")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        && let Some(holds) = holds(&conditions[name])
    {
        *value = if holds { then } else { otherwise }.clone();
    }
    let is_none = |value: &Value| *value == json!({"Ref": "AWS::NoValue"});
    match value {
        Value::Object(map) => {
            map.values_mut().for_each(|value| choose(value, conditions));
            map.retain(|_, value| !is_none(value));
        }
        Value::Array(values) => {
            for value in values.iter_mut() {
                choose(value, conditions);
            }
            values.retain(|value| !is_none(value));
        }
        _ => {}
    }
}

/// Whether a condition holds, as far as that can be told: of comparisons of texts, and the contrary of one.
fn holds(condition: &Value) -> Option<bool> {
    if let Some([contrary]) = condition["Fn::Not"].as_array().map(Vec::as_slice) {
        return holds(contrary).map(|holds| !holds);
    }
    let [one, other] = condition["Fn::Equals"].as_array()?.as_slice() else {
        return None;
    };
    Some(one.as_str()? == other.as_str()?)
}

/// Puts in the values of parameters.
fn resolve(value: &mut Value, parameters: &BTreeMap<String, String>) {
    let reference = value.get("Ref").and_then(Value::as_str);
    let named = reference.and_then(|name| parameters.get(name));
    if let Some(named) = named {
        *value = named.as_str().into();
        return;
    }
    match value {
        Value::Object(map) => {
            if let Some(Value::String(text)) = map.get_mut("Fn::Sub") {
                for (name, parameter) in parameters {
                    *text = text.replace(&format!("${{{name}}}"), parameter);
                }
                if !text.contains("${") {
                    *value = text.as_str().into();
                    return;
                }
            }
            map.values_mut()
                .for_each(|value| resolve(value, parameters));
        }
        Value::Array(values) => values
            .iter_mut()
            .for_each(|value| resolve(value, parameters)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_whose_parts_are_all_known_is_that_text() {
        let known = BTreeMap::from([("AWS::Region".to_owned(), "eu-west-1".to_owned())]);
        let of = |text: &str| resolved(&json!([{"Fn::Sub": text}]), &known, "1")[0].clone();
        assert_eq!(of("${AWS::Region}:${AWS::AccountId}"), "eu-west-1:1");
        assert_eq!(
            of("${AWS::Region}:${Table}"),
            json!({"Fn::Sub": "eu-west-1:${Table}"})
        );
    }

    #[test]
    fn what_is_no_template_stays_as_it_is() {
        for text in ["null", "5", "[]", "\"x\"", "{\"Resources\": []}"] {
            let template: Value = serde_json::from_str(text).expect("JSON");
            assert_eq!(resolved(&template, &BTreeMap::new(), "1"), template);
        }
    }
}
