//! What a user is: a username and further attributes, valid by construction.

use std::fmt;
use std::io;
use std::sync::LazyLock;

use aws_sdk_dynamodb::types::AttributeValue;
use email_address::EmailAddress;
use regex_lite::Regex;
use unicode_normalization::is_nfc;

use crate::contract::{
    MAX_CHANGES, MAX_USERNAME_CHARS, MIN_CHANGES, MIN_USERNAME_CHARS, USERNAME_PATTERN,
};
use crate::json::{self, Item, Violation, Writer};
use crate::revision::Revision;

/// The table's key and the one attribute that every user has.
pub const USERNAME: &str = "username";
/// The attribute of an item that holds its user's revision. A user's own attribute of that name gets one more
/// dollar sign in the table, and so does one that has more of them already: no name is taken away.
pub const REVISION: &str = "$revision";

/// A valid username: 1–128 characters, no control characters, no `/`, and neither `.` nor `..`,
/// which HTTP clients resolve as path segments before they send anything (RFC 3986, section 5.2.4).
///
/// Two names are the same if they are the same code points: case counts, and look-alikes of other scripts
/// are other names. Only what Unicode calls canonically equivalent, which is one text spelled in two ways,
/// cannot make two users: a name must be in Normalization Form C (Unicode Standard Annex 15). It is
/// refused rather than rewritten, because what goes in comes out equal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Username(String);

impl Username {
    /// Checks `text` against the rule.
    ///
    /// # Errors
    /// What is wrong with it, as a fragment that follows the name of the member.
    pub fn parse(text: impl Into<String>) -> Result<Self, String> {
        static PATTERN: LazyLock<Option<Regex>> =
            LazyLock::new(|| Regex::new(USERNAME_PATTERN).ok());
        let text = text.into();
        let is_long_enough = text.chars().count() >= usize::from(MIN_USERNAME_CHARS);
        let is_short_enough = text.chars().count() <= usize::from(MAX_USERNAME_CHARS);
        if !is_long_enough || !is_short_enough {
            Err(format!(
                "must be {MIN_USERNAME_CHARS} to {MAX_USERNAME_CHARS} characters long"
            ))
        } else if !PATTERN
            .as_ref()
            .is_some_and(|pattern| pattern.is_match(&text))
        {
            Err(
                "must have no control character and no slash, and be neither `.` nor `..`"
                    .to_owned(),
            )
        } else if !is_nfc(&text) {
            Err("must be in Unicode Normalization Form C".to_owned())
        } else {
            Ok(Self(text))
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Username {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A whole user, in one state.
#[derive(Debug, Clone, PartialEq)]
pub struct User {
    username: Username,
    /// Its attributes, the username among them.
    item: Item,
    revision: Revision,
}

impl User {
    /// Reads a new user from a JSON object.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn from_json(body: &[u8]) -> Result<Self, Vec<Violation>> {
        let item = json::parse_object(body)?;
        let mut violations = invalid_email(&item);
        let username = match item.get(USERNAME) {
            Some(AttributeValue::S(text)) => Username::parse(text),
            Some(_) => Err("must be a string".to_owned()),
            None => Err("is missing".to_owned()),
        };
        match username {
            Ok(username) if violations.is_empty() => Ok(Self {
                username,
                item,
                revision: Revision::fresh(),
            }),
            Ok(_) => Err(violations),
            Err(detail) => {
                violations.insert(0, Violation::new(format!("/{USERNAME}"), detail));
                Err(violations)
            }
        }
    }

    /// A user from the item that the table holds.
    pub fn from_stored(username: Username, stored: Item) -> Self {
        let (item, revision) = shown(stored);
        Self {
            username,
            item,
            revision,
        }
    }

    /// The item for the table.
    pub fn to_stored(&self) -> Item {
        stored(self.item.clone(), &self.revision)
    }

    /// The user's name.
    pub fn username(&self) -> &Username {
        &self.username
    }

    /// Writes the user as a JSON object.
    ///
    /// # Errors
    /// None of writing to memory.
    pub fn write(&self, writer: &mut Writer) -> io::Result<()> {
        json::write_item(&self.item, writer)
    }

    /// The user's state.
    pub fn revision(&self) -> &Revision {
        &self.revision
    }
}

/// Returns attributes as the table holds them, with the revision.
fn stored(item: Item, revision: &Revision) -> Item {
    let mut stored = renamed(item, |name| format!("${name}"));
    stored.insert(REVISION.to_owned(), revision.to_stored());
    stored
}

/// Returns the attributes and the revision of a user from the table's item: the inverse of [`User::to_stored`].
pub fn shown(mut stored: Item) -> (Item, Revision) {
    let revision = Revision::from_stored(stored.remove(REVISION).as_ref());
    let item = renamed(stored, |name| {
        shown_name(&name).unwrap_or_default().to_owned()
    });
    (item, revision)
}

/// Returns the name that an item's attribute has in the user; `None` for the revision.
pub fn shown_name(stored: &str) -> Option<&str> {
    match stored {
        REVISION => None,
        name if resembles_revision(name) => name.strip_prefix('$'),
        name => Some(name),
    }
}

/// Renames each attribute that could be mistaken for the revision.
fn renamed(item: Item, rename: impl Fn(String) -> String) -> Item {
    if !item.keys().any(|name| resembles_revision(name)) {
        return item;
    }
    item.into_iter()
        .map(|(name, value)| {
            if resembles_revision(&name) {
                (rename(name), value)
            } else {
                (name, value)
            }
        })
        .collect()
}

/// Whether a name is the revision's except for its number of dollar signs.
fn resembles_revision(name: &str) -> bool {
    name.strip_suffix(&REVISION[1..])
        .is_some_and(|signs| !signs.is_empty() && signs.bytes().all(|sign| sign == b'$'))
}

/// Attributes to set on an existing user; all others stay as they are.
#[derive(Debug, Clone, PartialEq)]
pub struct Changes(Item);

impl Changes {
    /// Reads changes to `username` from a JSON object.
    ///
    /// # Errors
    /// Everything that is wrong with them. A `username` is allowed only if it is that of the user.
    pub fn from_json(body: &[u8], username: &Username) -> Result<Self, Vec<Violation>> {
        let mut item = json::parse_object(body)?;
        let mut violations = invalid_email(&item);
        if item.len() < usize::from(MIN_CHANGES) {
            violations.push(Violation::new(
                "",
                format!("must have at least {MIN_CHANGES} members"),
            ));
        }
        match item.remove(USERNAME) {
            None => {}
            Some(AttributeValue::S(text)) if text == username.as_str() => {}
            Some(_) => violations.push(Violation::new(
                format!("/{USERNAME}"),
                "must be the username in the path, or left out: a user cannot be renamed",
            )),
        }
        if item.len() > usize::from(MAX_CHANGES) {
            violations.push(Violation::new(
                "",
                format!("must not have more than {MAX_CHANGES} members"),
            ));
        }
        if violations.is_empty() {
            Ok(Self(item))
        } else {
            Err(violations)
        }
    }

    /// The attributes to set, as the table holds them, with the new revision.
    pub fn into_stored(self) -> Item {
        stored(self.0, &Revision::fresh())
    }

    /// The user that they make where none exists.
    pub fn into_user(self, username: Username) -> User {
        let mut item = self.0;
        item.insert(
            USERNAME.to_owned(),
            AttributeValue::S(username.as_str().to_owned()),
        );
        User {
            username,
            item,
            revision: Revision::fresh(),
        }
    }
}

/// `email`, if present, must be one (RFC 5321, section 4.1.2).
fn invalid_email(item: &Item) -> Vec<Violation> {
    let detail = match item.get("email") {
        None => return Vec::new(),
        Some(AttributeValue::S(text)) if EmailAddress::is_valid(text) => return Vec::new(),
        Some(AttributeValue::S(_)) => "must be an e-mail address",
        Some(_) => "must be a string",
    };
    vec![Violation::new("/email", detail)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pointers(violations: Vec<Violation>) -> Vec<String> {
        violations
            .into_iter()
            .map(|violation| violation.pointer)
            .collect()
    }

    #[test]
    fn usernames_follow_the_rule() {
        let longest = "é".repeat(usize::from(MAX_USERNAME_CHARS));
        for valid in [
            "j",
            "john",
            "a b",
            "ö%?#+&=",
            "...",
            ".a",
            "..a",
            "a.",
            longest.as_str(),
        ] {
            assert!(Username::parse(valid).is_ok(), "{valid}");
        }
        // Canonically equivalent to other names: é of two code points, the Kelvin sign, a lone Hangul pair.
        for spelled_otherwise in ["e\u{301}", "\u{212a}", "\u{1100}\u{1161}"] {
            assert!(
                Username::parse(spelled_otherwise).is_err(),
                "{spelled_otherwise}"
            );
        }
        // Look-alikes are names of their own.
        assert_ne!(Username::parse("a"), Username::parse("а"));
        let too_long = "é".repeat(usize::from(MAX_USERNAME_CHARS) + 1);
        for invalid in [
            "",
            ".",
            "..",
            "a/b",
            "a\nb",
            "\u{7f}",
            "\u{85}",
            too_long.as_str(),
        ] {
            assert!(Username::parse(invalid).is_err(), "{invalid}");
        }
    }

    #[test]
    fn every_invalid_member_of_a_user_is_named() {
        for (body, expected) in [
            (r"{}", vec!["/username"]),
            (r#"{"username":""}"#, vec!["/username"]),
            (
                r#"{"username":1,"email":"nope"}"#,
                vec!["/username", "/email"],
            ),
            (r#"{"username":"n","email":null}"#, vec!["/email"]),
            (r#"{"username":"n","email":""}"#, vec!["/email"]),
            (r#"{"username":"n","email":"a b@c"}"#, vec!["/email"]),
        ] {
            let violations = User::from_json(body.as_bytes()).expect_err(body);
            assert_eq!(pointers(violations), expected, "{body}");
        }
    }

    #[test]
    fn changes_cannot_rename_and_cannot_be_empty() {
        let john = Username::parse("john").expect("valid");
        let changes = |body: &str| Changes::from_json(body.as_bytes(), &john);
        assert_eq!(pointers(changes("{}").expect_err("empty")), [""]);
        assert_eq!(
            pointers(changes(r#"{"username":"zz"}"#).expect_err("rename")),
            ["/username"]
        );
        let same = changes(r#"{"username":"john","a b":"x"}"#).expect("valid");
        assert_eq!(same.into_stored().len(), 2);
    }

    #[test]
    fn no_attribute_is_taken_for_the_revision() {
        let body = br#"{"$":1,"$$revision":2,"$revision":3,"revision":4,"username":"n"}"#;
        let user = User::from_json(body).expect("valid");
        let stored = user.to_stored();
        assert_eq!(stored[REVISION], user.revision().to_stored());
        let n = |name: &str| stored[name].as_n().expect("a number").as_str();
        assert_eq!(
            [n("$"), n("$$$revision"), n("$$revision"), n("revision")],
            ["1", "2", "3", "4"]
        );
        assert_eq!(User::from_stored(user.username().clone(), stored), user);
    }

    #[test]
    fn changes_beyond_what_one_update_holds_are_refused() {
        let john = Username::parse("john").expect("valid");
        let with = |count: u16| {
            let members: Vec<_> = (0..count)
                .map(|index| format!("\"a{index}\":{index}"))
                .collect();
            Changes::from_json(format!("{{{}}}", members.join(",")).as_bytes(), &john)
        };
        assert!(with(MAX_CHANGES).is_ok());
        assert!(with(MAX_CHANGES + 1).is_err());
    }
}
