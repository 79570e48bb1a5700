//! Which state of a user it is, and what a request demands of it: entity tags and preconditions (RFC 9110,
//! sections 8.8.3 and 13).
//!
//! Every write gives a user a revision that no other state of any user has, kept in the item beside its
//! attributes. So one conditional call both checks and writes, and a user that was deleted and made again
//! is not mistaken for the one before.

use aws_sdk_dynamodb::types::AttributeValue;
use http::header::{IF_MATCH, IF_NONE_MATCH};
use http::{HeaderMap, HeaderName};
use uuid::Uuid;

use crate::problem::Problem;

/// How many entity tags a request may name: what DynamoDB's `IN` takes.
const MAX_TAGS: usize = 100;
/// What stands for the revision of an item that another writer of the table gave none.
const UNVERSIONED: &str = "0";

/// One state of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision(String);

impl Revision {
    /// One that there was never before.
    pub fn fresh() -> Self {
        Self(Uuid::new_v4().simple().to_string())
    }

    /// That of an item whose attribute for it is `value`; one that no entity tag can hold, which another
    /// writer of the table made up, counts as none.
    pub fn of(value: Option<&AttributeValue>) -> Self {
        let text = value.and_then(|value| value.as_s().ok());
        let text = text.filter(|text| {
            text.bytes()
                .all(|byte| byte.is_ascii_graphic() && byte != b'"')
        });
        Self(text.map_or_else(|| UNVERSIONED.to_owned(), Clone::clone))
    }

    /// Whether the item has none.
    pub fn is_unversioned(&self) -> bool {
        self.0 == UNVERSIONED
    }

    /// How the item keeps it.
    pub fn value(&self) -> AttributeValue {
        AttributeValue::S(self.0.clone())
    }

    /// The strong entity tag that stands for it in headers.
    pub fn etag(&self) -> String {
        format!("\"{}\"", self.0)
    }
}

/// Entity tags that a header names.
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

/// What a writing request demands of the user that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Demand {
    /// Nothing: without preconditions.
    Nothing,
    /// That there is one, in whichever state (`If-Match: *`).
    Present,
    /// That it is in one of these states, which are at least one (`If-Match`).
    OneOf(Vec<Revision>),
    /// That there is no such user (`If-None-Match: *`).
    Absent,
}

impl Demand {
    /// Reads the preconditions of a request that writes.
    ///
    /// # Errors
    /// A header that is none, or that this API does not take on writes.
    pub fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        match (tags(headers, &IF_MATCH)?, tags(headers, &IF_NONE_MATCH)?) {
            (None, None) => Ok(Self::Nothing),
            (Some(Tags::Any), None) => Ok(Self::Present),
            (Some(Tags::These(tags)), None) => Ok(Self::OneOf(
                tags.into_iter()
                    .map(|tag| {
                        if tag.is_weak {
                            // Comparison is strong here: what is only equivalent matches no state at all.
                            Revision::fresh()
                        } else {
                            tag.revision
                        }
                    })
                    .collect(),
            )),
            (None, Some(Tags::Any)) => Ok(Self::Absent),
            (_, Some(Tags::These(_))) => Err(Problem::invalid_request(
                "If-None-Match must be * where a user is written",
            )),
            // That there is one and that there is none: no state is so.
            (Some(_), Some(_)) => Ok(Self::OneOf(vec![Revision::fresh()])),
        }
    }
}

/// Whether a reader's `If-None-Match` names the state that it would get: then it has that already.
///
/// # Errors
/// A header that is none.
pub fn is_known(headers: &HeaderMap, revision: &Revision) -> Result<bool, Problem> {
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
            "{name} must not name more than {MAX_TAGS} entity tags"
        )));
    }
    Ok(Some(Tags::These(tags)))
}

/// Reads `"a", W/"b"`: at least one tag, whatever white space and empty members stand between.
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
            revision: Revision(opaque.to_owned()),
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
        Revision(text.to_owned())
    }

    #[test]
    fn preconditions_are_read() {
        for (lines, demand) in [
            (&[][..], Demand::Nothing),
            (&[("if-match", "*")], Demand::Present),
            (&[("if-none-match", " * ")], Demand::Absent),
            (
                &[("if-match", "\"a\", \"b,c\" ,, \"\"")],
                Demand::OneOf(vec![revision("a"), revision("b,c"), revision("")]),
            ),
            (
                &[("if-match", "\"a\""), ("if-match", "\"b\"")],
                Demand::OneOf(vec![revision("a"), revision("b")]),
            ),
        ] {
            assert_eq!(
                Demand::of(&headers(lines)).expect("valid"),
                demand,
                "{lines:?}"
            );
        }
    }

    #[test]
    fn a_weak_tag_matches_no_state() {
        let demand = Demand::of(&headers(&[("if-match", "W/\"a\"")])).expect("valid");
        assert!(
            matches!(&demand, Demand::OneOf(revisions) if *revisions != [revision("a")]),
            "{demand:?}"
        );
    }

    #[test]
    fn what_excludes_each_other_is_never_so() {
        let both = headers(&[("if-match", "*"), ("if-none-match", "*")]);
        assert!(matches!(Demand::of(&both), Ok(Demand::OneOf(revisions)) if revisions.len() == 1));
    }

    #[test]
    fn what_is_no_precondition_is_refused() {
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
            assert!(Demand::of(&headers(lines)).is_err(), "{lines:?}");
        }
    }

    #[test]
    fn a_reader_that_has_it_is_known() {
        let known = |value| is_known(&headers(&[("if-none-match", value)]), &revision("a"));
        for value in ["*", "\"a\"", "W/\"a\"", "\"b\", \"a\""] {
            assert!(known(value).expect("valid"), "{value}");
        }
        assert!(!known("\"b\"").expect("valid"));
        assert!(!is_known(&HeaderMap::new(), &revision("a")).expect("valid"));
    }

    #[test]
    fn no_two_are_the_same() {
        assert_ne!(Revision::fresh(), Revision::fresh());
    }

    #[test]
    fn what_no_tag_can_hold_counts_as_none() {
        for text in ["a b", "\"", "é", "\n"] {
            let value = AttributeValue::S(text.to_owned());
            assert!(Revision::of(Some(&value)).is_unversioned(), "{text}");
        }
        assert!(Revision::of(None).is_unversioned());
        assert!(Revision::of(Some(&AttributeValue::Null(true))).is_unversioned());
    }
}
