//! The protocols that use methods, paths and headers. Source:
//! <https://smithy.io/2.0/spec/http-bindings.html>.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::decode::{from_json, json_body, scalar};
use super::{Asked, Model, Sent, query, target, wire_name, xml};

/// What an SDK adds to the query to say what it calls.
const OPERATION: &str = "x-id";

/// # Errors
/// When no operation has such a path, or the query has something that the operation does not know.
pub fn decode(model: &Model, sent: &Sent) -> Result<Asked, String> {
    let (path, query) = sent.target.split_once('?').unwrap_or((&sent.target, ""));
    let query = query::pairs(query.as_bytes());
    let operations = model.0["operations"].as_object().unwrap();
    let named = query.get(OPERATION);
    let found = operations
        .iter()
        .filter(|(name, operation)| {
            operation["http"]["method"] == *sent.method
                && named.is_none_or(|named| *named == **name)
        })
        .filter_map(|(name, operation)| {
            let uri = operation["http"]["requestUri"].as_str()?;
            Some((
                name,
                Template::new(uri),
                Template::new(uri).labels(path, &query)?,
            ))
        })
        .max_by_key(|(_, template, _)| template.rank());
    let (operation, template, labels) =
        found.ok_or_else(|| format!("nothing is called by {} {}", sent.method, sent.target))?;
    let shape = operations[operation]["input"]["shape"].as_str();
    let shape = shape.unwrap_or_default();
    let mut input = Map::new();
    let mut rest = query.clone();
    rest.remove(OPERATION);
    rest.retain(|name, _| !template.query.iter().any(|(literal, _)| literal == name));
    for (name, member) in model.members(shape) {
        let wire = wire_name(name, member);
        let text = match member["location"].as_str().unwrap_or_default() {
            "uri" => labels.get(wire).cloned(),
            "querystring" => rest.remove(wire),
            "header" => sent.headers.get(&wire.to_ascii_lowercase()).cloned(),
            _ => None,
        };
        if let Some(text) = text {
            input.insert(name.to_owned(), scalar(model, target(member), &text));
        }
    }
    if !rest.is_empty() {
        return Err(format!("{operation} has no parameters {:?}", rest.keys()));
    }
    body(model, shape, sent, &mut input)?;
    Ok(Asked {
        operation: operation.clone(),
        input: input.into(),
    })
}

/// Adds the members that are in the body.
fn body(
    model: &Model,
    shape: &str,
    sent: &Sent,
    input: &mut Map<String, Value>,
) -> Result<(), String> {
    let definition = model.shape(shape);
    let Some(payload) = definition["payload"].as_str() else {
        if let Value::Object(members) = from_json(model, shape, &json_body(&sent.body)?) {
            input.extend(members);
        }
        return Ok(());
    };
    let member = &definition["members"][payload];
    if model.shape(target(member))["type"] != "structure" {
        // A file, or what stands for it.
        input.insert(payload.to_owned(), "".into());
        return Ok(());
    }
    if sent.body.is_empty() {
        return Ok(());
    }
    let value = if model.has_protocol("rest-xml") {
        xml::read(model, target(member), &sent.body)?
    } else {
        from_json(model, target(member), &json_body(&sent.body)?)
    };
    input.insert(payload.to_owned(), value);
    Ok(())
}

/// The path and the query that an operation is called by, such as `/{Bucket}/{Key+}?tagging`.
struct Template<'a> {
    segments: Vec<&'a str>,
    query: Vec<(&'a str, Option<&'a str>)>,
}

impl<'a> Template<'a> {
    fn new(uri: &'a str) -> Self {
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        let query = query.split('&').filter(|pair| !pair.is_empty());
        Self {
            segments: path.trim_matches('/').split('/').collect(),
            query: query
                .map(|pair| match pair.split_once('=') {
                    Some((name, value)) => (name, Some(value)),
                    None => (pair, None),
                })
                .collect(),
        }
    }

    /// If several templates match, the most specific one is meant.
    fn rank(&self) -> (usize, usize) {
        let is_literal = |segment: &&&str| !segment.starts_with('{');
        let literals = self.segments.iter().filter(is_literal).count();
        (self.query.len(), literals)
    }

    /// What stands at its labels; `None` if it does not fit.
    fn labels(
        &self,
        path: &str,
        query: &BTreeMap<String, String>,
    ) -> Option<BTreeMap<String, String>> {
        let has = |(name, value): &(&str, Option<&str>)| {
            let found = query.get(*name);
            found.is_some_and(|found| value.is_none_or(|value| value == found))
        };
        if !self.query.iter().all(has) {
            return None;
        }
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let mut labels = BTreeMap::new();
        let mut left = path.trim_matches('/');
        for segment in &self.segments {
            let label = segment
                .strip_prefix('{')
                .and_then(|rest| rest.strip_suffix('}'));
            let (first, rest) = match label {
                Some(label) if label.ends_with('+') => (left, ""),
                _ => left.split_once('/').unwrap_or((left, "")),
            };
            match label {
                None if first != *segment => return None,
                None => {}
                Some(_) if first.is_empty() => return None,
                Some(label) => {
                    labels.insert(label.trim_end_matches('+').to_owned(), decoded(first));
                }
            }
            left = rest;
        }
        left.is_empty().then_some(labels)
    }
}
