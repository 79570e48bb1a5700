//! CloudFormation's YAML, with its short tags, as JSON.

use saphyr::{LoadableYamlNode as _, Scalar, Yaml};
use serde_json::{Map, Value};

/// A template that is not one: only a defect of `assets/` can bring it about.
#[derive(Debug, thiserror::Error)]
#[error("the template is not valid: {0}")]
pub(crate) struct Error(String);

impl Error {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }

    #[cfg(test)]
    pub(crate) fn example() -> Self {
        Self::new("not exactly one document")
    }
}

/// Reads one YAML document.
pub(crate) fn parse(text: &str) -> Result<Value, Error> {
    let documents = Yaml::load_from_str(text).map_err(|error| Error::new(error.to_string()))?;
    match documents.as_slice() {
        [document] => value(document),
        _ => Err(Error::new("not exactly one document")),
    }
}

fn value(yaml: &Yaml) -> Result<Value, Error> {
    Ok(match yaml {
        Yaml::Value(scalar) => match scalar {
            Scalar::Null => Value::Null,
            Scalar::Boolean(value) => (*value).into(),
            Scalar::Integer(value) => (*value).into(),
            Scalar::FloatingPoint(value) => value.into_inner().into(),
            Scalar::String(value) => value.as_ref().into(),
        },
        Yaml::Sequence(sequence) => {
            Value::Array(sequence.iter().map(value).collect::<Result<_, _>>()?)
        }
        Yaml::Mapping(mapping) => {
            let mut map = Map::new();
            for (key, member) in mapping {
                let key = key
                    .as_str()
                    .ok_or_else(|| Error::new("a key is not a string"))?;
                map.insert(key.to_owned(), value(member)?);
            }
            Value::Object(map)
        }
        Yaml::Tagged(tag, argument) => intrinsic(&tag.suffix, value(argument)?),
        Yaml::Representation(..) | Yaml::Alias(_) | Yaml::BadValue => {
            return Err(Error::new("an alias or an unreadable value"));
        }
    })
}

/// `!Sub x` in full: `{"Fn::Sub": x}`. Source:
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>.
fn intrinsic(name: &str, argument: Value) -> Value {
    let (name, argument) = match (name, argument) {
        ("Ref" | "Condition", argument) => (name.to_owned(), argument),
        ("GetAtt", Value::String(path)) => {
            let parts: Vec<Value> = path.splitn(2, '.').map(Value::from).collect();
            ("Fn::GetAtt".to_owned(), parts.into())
        }
        (name, argument) => (format!("Fn::{name}"), argument),
    };
    Value::Object(Map::from_iter([(name, argument)]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn short_tags_become_intrinsic_functions() {
        let yaml = "
            a: !Ref Table
            b: !GetAtt Table.Arn
            c: !If [Yes, !Ref AWS::NoValue, 1]
            d: !Sub
              - ${X}
              - X:
                  Fn::ImportValue: !Sub ${Stack}-Arn
            e: !Equals [!Ref Mode, '5']
        ";
        assert_eq!(
            parse(yaml).expect("valid"),
            json!({
                "a": {"Ref": "Table"},
                "b": {"Fn::GetAtt": ["Table", "Arn"]},
                "c": {"Fn::If": ["Yes", {"Ref": "AWS::NoValue"}, 1]},
                "d": {"Fn::Sub": ["${X}", {"X": {"Fn::ImportValue": {"Fn::Sub": "${Stack}-Arn"}}}]},
                "e": {"Fn::Equals": [{"Ref": "Mode"}, "5"]},
            })
        );
    }
}
