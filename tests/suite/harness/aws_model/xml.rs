//! Bodies of XML. Source: <https://smithy.io/2.0/spec/protocol-traits.html#xml-bindings>.

use roxmltree::{Document, Node};
use serde_json::{Map, Value};

use super::decode::scalar;
use super::{Model, target, wire_name};

/// # Errors
/// When it is not XML.
pub fn read(model: &Model, shape: &str, body: &[u8]) -> Result<Value, String> {
    let text = String::from_utf8_lossy(body);
    let document = Document::parse(&text).map_err(|error| format!("not XML: {error}"))?;
    Ok(structure(model, shape, document.root_element()))
}

fn structure(model: &Model, shape: &str, node: Node<'_, '_>) -> Value {
    let mut object = Map::new();
    for child in node.children().filter(Node::is_element) {
        let wire = child.tag_name().name();
        let member = model
            .members(shape)
            .find(|(name, member)| wire_name(name, member) == wire);
        let Some((name, member)) = member else {
            object.insert(wire.to_owned(), Value::Null);
            continue;
        };
        let definition = model.shape(target(member));
        let is_flat = definition["flattened"] == true || member["flattened"] == true;
        if definition["type"] == "list" && is_flat {
            let element = value(model, target(&definition["member"]), child);
            let list = object
                .entry(name)
                .or_insert_with(|| Value::Array(Vec::new()));
            list.as_array_mut().unwrap().push(element);
        } else {
            object.insert(name.to_owned(), value(model, target(member), child));
        }
    }
    object.into()
}

fn value(model: &Model, shape: &str, node: Node<'_, '_>) -> Value {
    let definition = model.shape(shape);
    match definition["type"].as_str().unwrap_or_default() {
        "structure" => structure(model, shape, node),
        "list" => node
            .children()
            .filter(Node::is_element)
            .map(|child| value(model, target(&definition["member"]), child))
            .collect(),
        _ => scalar(model, shape, node.text().unwrap_or_default()),
    }
}
