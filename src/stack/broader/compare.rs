//! Compares two templates by what they allow.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{grants, openings};

/// How many hexadecimal digits of a SHA-256 tell two lists apart, even if somebody looks for two that have the same.
const DIGITS: usize = 32;

/// Something that a template allows and the previous one did not, or no longer protects.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Broader {
    /// The resource that it comes from.
    pub(crate) logical_id: String,
    /// What it is, as text.
    pub(crate) grants: String,
}

/// Returns what the template `after` allows beyond `before`, after parameters' values were put in.
pub(in crate::stack) fn broader(before: &Value, after: &Value) -> Vec<Broader> {
    let [old, new] = [before, after].map(|template| &template["Resources"]);
    let ids = [old, new].into_iter().filter_map(Value::as_object);
    let ids: BTreeSet<_> = ids.flat_map(serde_json::Map::keys).collect();
    let found = ids.into_iter().flat_map(|id| {
        let (before, after) = (&old[id], &new[id]);
        let mut all = grants::beyond(before, after);
        all.extend(openings::beyond(before, after));
        named(id, all)
    });
    found.collect()
}

/// Returns what the first template of a stack allows beyond what a stage allows without any setting. Its roles are
/// new, too, and are what its functions need.
pub(in crate::stack) fn beyond(first: &Value) -> Vec<Broader> {
    let resources = first["Resources"].as_object().into_iter().flatten();
    let found =
        resources.flat_map(|(id, resource)| named(id, openings::beyond(&Value::Null, resource)));
    found.collect()
}

/// Returns what the template `after` leaves open and `before` does not, beside permissions of roles.
pub(in crate::stack) fn opened(before: &Value, after: &Value) -> Vec<Broader> {
    let resources = after["Resources"].as_object().into_iter().flatten();
    let old = &before["Resources"];
    let found =
        resources.flat_map(|(id, resource)| named(id, openings::beyond(&old[id], resource)));
    found.collect()
}

/// Returns a digest of everything that becomes broader in one or more stacks, in hexadecimal digits: who agrees to it,
/// agrees to exactly this.
pub(crate) fn digest<'a>(stacks: impl IntoIterator<Item = (&'a str, &'a [Broader])>) -> String {
    let all = stacks.into_iter().flat_map(|(stack, broader)| {
        let lines = broader.iter();
        lines.map(move |one| [stack, &one.logical_id, &one.grants])
    });
    let all: BTreeSet<_> = all.collect();
    let text = serde_json::json!(all).to_string();
    let mut digest = hex::encode(Sha256::digest(text));
    digest.truncate(DIGITS);
    digest
}

fn named(logical_id: &str, all: impl IntoIterator<Item = String>) -> Vec<Broader> {
    let named = all.into_iter().map(|grants| Broader {
        logical_id: logical_id.to_owned(),
        grants,
    });
    named.collect()
}
