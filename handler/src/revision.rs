//! The states of a user, and what a request may require of the current one.
//!
//! Every write gives a user a revision that no other state of any user has. The item keeps it beside the attributes. So one
//! conditional call both checks and writes, and a user that was deleted and created again is not mistaken for the one
//! before.

use aws_sdk_dynamodb::types::AttributeValue;
use uuid::Uuid;

/// The revision of an item that another writer of the table gave none.
const UNVERSIONED: &str = "0";

/// One state of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision(String);

/// What a request that writes requires of the current state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Precondition {
    /// Nothing.
    None,
    /// That the user exists, in whichever state.
    Exists,
    /// That the user is in one of these states. There is at least one.
    OneOf(Vec<Revision>),
    /// That the user does not exist.
    Absent,
}

impl Revision {
    /// A revision that no state has had yet.
    pub fn fresh() -> Self {
        Self(Uuid::new_v4().simple().to_string())
    }

    /// The revision that an entity tag stands for, without the tag's quotes.
    pub fn from_entity_tag(opaque: &str) -> Self {
        Self(opaque.to_owned())
    }

    /// The revision that an item keeps in `value`. A revision that does not fit into an entity tag, which only
    /// another writer of the table can store, counts as none.
    pub fn from_stored(value: Option<&AttributeValue>) -> Self {
        let text = value.and_then(|value| value.as_s().ok());
        let text = text.filter(|text| {
            text.bytes()
                .all(|byte| byte.is_ascii_graphic() && byte != b'"')
        });
        Self(text.map_or_else(|| UNVERSIONED.to_owned(), Clone::clone))
    }

    /// Whether the item has no revision.
    pub fn is_unversioned(&self) -> bool {
        self.0 == UNVERSIONED
    }

    /// The attribute that an item keeps.
    pub fn to_stored(&self) -> AttributeValue {
        AttributeValue::S(self.0.clone())
    }

    /// The strong entity tag (RFC 9110, section 8.8.3) that stands for it.
    pub fn entity_tag(&self) -> String {
        format!("\"{}\"", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_are_the_same() {
        assert_ne!(Revision::fresh(), Revision::fresh());
    }

    #[test]
    fn what_no_entity_tag_can_hold_counts_as_none() {
        for text in ["a b", "\"", "é", "\n"] {
            let value = AttributeValue::S(text.to_owned());
            assert!(
                Revision::from_stored(Some(&value)).is_unversioned(),
                "{text}"
            );
        }
        assert!(Revision::from_stored(None).is_unversioned());
        assert!(Revision::from_stored(Some(&AttributeValue::Null(true))).is_unversioned());
    }
}
