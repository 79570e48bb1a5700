//! The query protocol: a form whose names are paths. Source:
//! <https://smithy.io/2.0/aws/protocols/aws-query-protocol.html>.

use std::collections::{BTreeMap, BTreeSet};

use percent_encoding::percent_decode;
use serde_json::{Map, Value};

use super::decode::scalar;
use super::{Model, target, wire_name};

/// The pairs of a form.
pub fn pairs(form: &[u8]) -> BTreeMap<String, String> {
    let text = |bytes: &[u8]| {
        let spaced: Vec<_> = bytes
            .iter()
            .map(|byte| if *byte == b'+' { b' ' } else { *byte })
            .collect();
        percent_decode(&spaced).decode_utf8_lossy().into_owned()
    };
    form.split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let mut parts = pair.splitn(2, |byte| *byte == b'=');
            let (name, value) = (parts.next().unwrap_or_default(), parts.next());
            (text(name), text(value.unwrap_or_default()))
        })
        .collect()
}

/// Returns a structure from the pairs of a form.
///
/// # Errors
/// When a pair belongs to none of its members.
pub fn read(model: &Model, shape: &str, pairs: &BTreeMap<String, String>) -> Result<Value, String> {
    let mut reader = Reader {
        model,
        pairs,
        read: BTreeSet::new(),
    };
    let value = reader.structure(shape, "");
    let unknown: Vec<_> = pairs
        .keys()
        .filter(|name| !reader.read.contains(*name))
        .collect();
    if unknown.is_empty() {
        Ok(value)
    } else {
        Err(format!("it has no members {unknown:?}"))
    }
}

struct Reader<'a> {
    model: &'a Model,
    pairs: &'a BTreeMap<String, String>,
    read: BTreeSet<String>,
}

impl Reader<'_> {
    fn structure(&mut self, shape: &str, path: &str) -> Value {
        let mut object = Map::new();
        for (name, member) in self.model.members(shape) {
            let wire = wire_name(name, member);
            let path = if path.is_empty() {
                wire.to_owned()
            } else {
                format!("{path}.{wire}")
            };
            if let Some(value) = self.value(target(member), &path) {
                object.insert(name.to_owned(), value);
            }
        }
        object.into()
    }

    /// The value at a path; `None` if there is none.
    fn value(&mut self, shape: &str, path: &str) -> Option<Value> {
        let below = format!("{path}.");
        let is_below = self.pairs.keys().any(|name| name.starts_with(&below));
        let own = self.pairs.get(path);
        if own.is_some() {
            self.read.insert(path.to_owned());
        }
        if own.is_none() && !is_below {
            return None;
        }
        let model = self.model;
        let definition = model.shape(shape);
        let is_flat = definition["flattened"] == true;
        Some(match definition["type"].as_str().unwrap_or_default() {
            "structure" => self.structure(shape, path),
            "list" => {
                let member = &definition["member"];
                let path = if is_flat {
                    path.to_owned()
                } else {
                    format!("{path}.{}", wire_name("member", member))
                };
                (1..)
                    .map_while(|index| self.value(target(member), &format!("{path}.{index}")))
                    .collect()
            }
            "map" => {
                let path = if is_flat {
                    path.to_owned()
                } else {
                    format!("{path}.entry")
                };
                let (key, value) = (&definition["key"], &definition["value"]);
                let mut object = Map::new();
                for index in 1.. {
                    let at = |part: &str| format!("{path}.{index}.{part}");
                    let Some(Value::String(name)) =
                        self.value(target(key), &at(wire_name("key", key)))
                    else {
                        break;
                    };
                    let value = self.value(target(value), &at(wire_name("value", value)));
                    object.insert(name, value.unwrap_or_default());
                }
                object.into()
            }
            _ => scalar(model, shape, own?),
        })
    }
}
