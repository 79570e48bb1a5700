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

/// Returns whom the template `after` lets call its API, and from where, and `before` does not.
pub(in crate::stack) fn access_beyond(before: &Value, after: &Value) -> Vec<String> {
    let resources = after["Resources"].as_object().into_iter().flatten();
    let apis = resources.filter(|(_, resource)| resource["Type"] == openings::API);
    let old = &before["Resources"];
    apis.flat_map(|(id, api)| openings::beyond(&old[id], api))
        .collect()
}

/// Returns what becomes broader as lines for people: actions on the same resource share one.
pub(crate) fn lines(broader: &[Broader]) -> Vec<String> {
    let mut groups: Vec<(&str, Vec<&str>, &str)> = Vec::new();
    for Broader { logical_id, grants } in broader {
        let (action, rest) = grants
            .find(" on ")
            .map_or((grants.as_str(), ""), |place| grants.split_at(place));
        let known = groups
            .iter_mut()
            .find(|(id, _, of)| id == logical_id && *of == rest && !rest.is_empty());
        match known {
            Some((_, actions, _)) => actions.push(action),
            None => groups.push((logical_id, vec![action], rest)),
        }
    }
    let groups = groups.into_iter();
    groups
        .map(|(id, actions, rest)| format!("{id}: {}{rest}", actions.join(", ")))
        .collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_on_the_same_resource_share_a_line() {
        let broader = [
            ("Role", "a:B on x"),
            ("Role", "a:C on x"),
            ("Role", "a:B on y"),
            ("Other", "a:B on x"),
            ("API", "anyone may call it"),
            ("API", "requests may come from any address"),
        ];
        let broader = broader.map(|(id, grants)| Broader {
            logical_id: id.to_owned(),
            grants: grants.to_owned(),
        });
        assert_eq!(
            lines(&broader),
            [
                "Role: a:B, a:C on x",
                "Role: a:B on y",
                "Other: a:B on x",
                "API: anyone may call it",
                "API: requests may come from any address",
            ]
        );
    }
}
