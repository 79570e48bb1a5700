//! Preconditions of requests, by entity tags (RFC 9110, sections 8.8.3 and 13).

use http::header::{IF_MATCH, IF_NONE_MATCH};
use http::{HeaderMap, HeaderName};

use crate::revision::{Precondition, Revision};

use super::problem::Problem;

/// How many entity tags a request may list: what DynamoDB's `IN` takes.
const MAX_TAGS: usize = 100;

/// The entity tags that a header lists.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Tags {
    /// `*`: any state, as long as there is one.
    Any,
    These(Vec<Tag>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Tag {
    is_weak: bool,
    revision: Revision,
}

/// Reads the precondition of a request that writes.
///
/// # Errors
/// For a header that is malformed, or that this API does not support on writes.
pub(super) fn precondition(headers: &HeaderMap) -> Result<Precondition, Problem> {
    match (tags(headers, &IF_MATCH)?, tags(headers, &IF_NONE_MATCH)?) {
        (None, None) => Ok(Precondition::None),
        (Some(Tags::Any), None) => Ok(Precondition::Exists),
        (Some(Tags::These(tags)), None) => {
            let revisions = tags.into_iter().map(|tag| {
                if tag.is_weak {
                    // Comparison is strong here, so a weak tag matches no state at all.
                    Revision::fresh()
                } else {
                    tag.revision
                }
            });
            Ok(Precondition::OneOf(revisions.collect()))
        }
        (None, Some(Tags::Any)) => Ok(Precondition::Absent),
        (_, Some(Tags::These(_))) => Err(Problem::invalid_request(
            "If-None-Match must be * where a user is written",
        )),
        // No state both exists and does not.
        (Some(_), Some(_)) => Ok(Precondition::OneOf(vec![Revision::fresh()])),
    }
}

/// Whether a reader's `If-None-Match` lists the state that it would get, so that it already has it.
///
/// # Errors
/// For a malformed header.
pub(super) fn is_known(headers: &HeaderMap, revision: &Revision) -> Result<bool, Problem> {
    Ok(match tags(headers, &IF_NONE_MATCH)? {
        None => false,
        Some(Tags::Any) => true,
        Some(Tags::These(tags)) => tags.iter().any(|tag| tag.revision == *revision),
    })
}

fn tags(headers: &HeaderMap, name: &HeaderName) -> Result<Option<Tags>, Problem> {
    let lines: Vec<_> = headers.get_all(name).iter().collect();
    if lines.is_empty() {
        return Ok(None);
    }
    let invalid = || Problem::invalid_request(format!("{name} must be * or a list of entity tags"));
    let mut text = String::new();
    for line in lines {
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(line.to_str().map_err(|_| invalid())?);
    }
    if text.trim() == "*" {
        return Ok(Some(Tags::Any));
    }
    let tags = list(&text).ok_or_else(invalid)?;
    if tags.len() > MAX_TAGS {
        return Err(Problem::invalid_request(format!(
            "{name} must not list more than {MAX_TAGS} entity tags"
        )));
    }
    Ok(Some(Tags::These(tags)))
}

/// Reads `"a", W/"b"`: at least one tag, with any white space and empty members in between.
fn list(text: &str) -> Option<Vec<Tag>> {
    let mut tags = Vec::new();
    let mut rest = text.trim_start_matches([' ', '\t', ',']);
    while !rest.is_empty() {
        let (is_weak, opaque) = match rest.strip_prefix("W/") {
            Some(opaque) => (true, opaque),
            None => (false, rest),
        };
        let (opaque, after) = opaque.strip_prefix('"')?.split_once('"')?;
        tags.push(Tag {
            is_weak,
            revision: Revision::from_entity_tag(opaque),
        });
        let after = after.trim_start_matches([' ', '\t']);
        if !after.is_empty() && !after.starts_with(',') {
            return None;
        }
        rest = after.trim_start_matches([' ', '\t', ',']);
    }
    (!tags.is_empty()).then_some(tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&str, &str)]) -> HeaderMap {
        lines
            .iter()
            .map(|(name, value)| {
                (
                    name.parse::<HeaderName>().expect("a name"),
                    value.parse().expect("a value"),
                )
            })
            .collect()
    }

    fn revision(text: &str) -> Revision {
        Revision::from_entity_tag(text)
    }

    #[test]
    fn preconditions_are_read() {
        for (lines, expected) in [
            (&[][..], Precondition::None),
            (&[("if-match", "*")], Precondition::Exists),
            (&[("if-none-match", " * ")], Precondition::Absent),
            (
                &[("if-match", "\"a\", \"b,c\" ,, \"\"")],
                Precondition::OneOf(vec![revision("a"), revision("b,c"), revision("")]),
            ),
            (
                &[("if-match", "\"a\""), ("if-match", "\"b\"")],
                Precondition::OneOf(vec![revision("a"), revision("b")]),
            ),
        ] {
            assert_eq!(
                precondition(&headers(lines)).expect("valid"),
                expected,
                "{lines:?}"
            );
        }
    }

    #[test]
    fn a_weak_tag_matches_no_state() {
        let read = precondition(&headers(&[("if-match", "W/\"a\"")])).expect("valid");
        assert!(
            matches!(&read, Precondition::OneOf(revisions) if *revisions != [revision("a")]),
            "{read:?}"
        );
    }

    #[test]
    fn contradicting_preconditions_are_never_met() {
        let both = headers(&[("if-match", "*"), ("if-none-match", "*")]);
        assert!(
            matches!(precondition(&both), Ok(Precondition::OneOf(revisions)) if revisions.len() == 1)
        );
    }

    #[test]
    fn malformed_preconditions_are_refused() {
        let many = vec!["\"a\""; MAX_TAGS + 1].join(",");
        for lines in [
            &[("if-match", "")][..],
            &[("if-match", ",")],
            &[("if-match", "a")],
            &[("if-match", "\"a")],
            &[("if-match", "\"a\" \"b\"")],
            &[("if-match", "w/\"a\"")],
            &[("if-match", many.as_str())],
            &[("if-none-match", "\"a\"")],
            &[("if-match", "*"), ("if-none-match", "\"a\"")],
        ] {
            assert!(precondition(&headers(lines)).is_err(), "{lines:?}");
        }
    }

    #[test]
    fn a_reader_may_already_have_the_state() {
        let known = |value| is_known(&headers(&[("if-none-match", value)]), &revision("a"));
        for value in ["*", "\"a\"", "W/\"a\"", "\"b\", \"a\""] {
            assert!(known(value).expect("valid"), "{value}");
        }
        assert!(!known("\"b\"").expect("valid"));
        assert!(!is_known(&HeaderMap::new(), &revision("a")).expect("valid"));
    }
}
