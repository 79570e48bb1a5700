//! What a user is: a username and further attributes, valid by construction.

use std::fmt;
use std::io;

use aws_sdk_dynamodb::types::AttributeValue;
use email_address::EmailAddress;

use crate::json::{self, Item, Violation, Writer};

/// The table's key and the one attribute that every user has.
pub const USERNAME: &str = "username";
/// The longest username, in Unicode scalar values.
pub const MAX_USERNAME_CHARS: usize = 128;
/// How many attributes one update may set: what fits DynamoDB's 4 KB for an update expression.
pub const MAX_CHANGES: usize = 400;

/// A valid username: 1–128 characters, no control characters, no `/`, and neither `.` nor `..`,
/// which HTTP clients resolve as path segments before they send anything (RFC 3986, section 5.2.4).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Username(String);

impl Username {
    /// Checks `text` against the rule.
    ///
    /// # Errors
    /// What is wrong with it, as a fragment that follows the name of the member.
    pub fn parse(text: impl Into<String>) -> Result<Self, String> {
        let text = text.into();
        let length = text.chars().count();
        if length == 0 || length > MAX_USERNAME_CHARS {
            Err(format!("must be 1 to {MAX_USERNAME_CHARS} characters long"))
        } else if text.chars().any(char::is_control) {
            Err("must not contain control characters".to_owned())
        } else if text.contains('/') {
            Err("must not contain a slash".to_owned())
        } else if text == "." || text == ".." {
            Err("must not be a relative path segment".to_owned())
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

/// A whole user.
#[derive(Debug, Clone, PartialEq)]
pub struct User {
    username: Username,
    item: Item,
}

impl User {
    /// Reads a user from a JSON object.
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
            Ok(username) if violations.is_empty() => Ok(Self { username, item }),
            Ok(_) => Err(violations),
            Err(detail) => {
                violations.insert(0, Violation::new(format!("/{USERNAME}"), detail));
                Err(violations)
            }
        }
    }

    /// A user as the table holds it.
    pub fn from_item(username: Username, item: Item) -> Self {
        Self { username, item }
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
        json::write_object(&self.item, writer)
    }

    /// The user as the table holds it, username included.
    pub fn item(&self) -> &Item {
        &self.item
    }
}

/// Attributes to set on a user that exists; all others stay as they are.
#[derive(Debug, Clone, PartialEq)]
pub struct Changes(Item);

impl Changes {
    /// Reads changes to `username` from a JSON object.
    ///
    /// # Errors
    /// Everything that is wrong with them. A `username` is allowed only where it says what it is.
    pub fn from_json(body: &[u8], username: &Username) -> Result<Self, Vec<Violation>> {
        let mut item = json::parse_object(body)?;
        let mut violations = invalid_email(&item);
        if item.is_empty() {
            violations.push(Violation::new("", "must have at least one member"));
        }
        match item.remove(USERNAME) {
            None => {}
            Some(AttributeValue::S(text)) if text == username.as_str() => {}
            Some(_) => violations.push(Violation::new(
                format!("/{USERNAME}"),
                "must be that of the user in the path, or left out: a user keeps its name",
            )),
        }
        if item.len() > MAX_CHANGES {
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

    /// The attributes to set.
    pub fn into_item(self) -> Item {
        self.0
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
        let longest = "é".repeat(MAX_USERNAME_CHARS);
        for valid in ["j", "john", "a b", "ö%?#+&=", "...", longest.as_str()] {
            assert!(Username::parse(valid).is_ok(), "{valid}");
        }
        let too_long = "é".repeat(MAX_USERNAME_CHARS + 1);
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
        assert_eq!(same.into_item().len(), 1);
    }

    #[test]
    fn changes_beyond_what_one_update_holds_are_refused() {
        let john = Username::parse("john").expect("valid");
        let with = |count: usize| {
            let members: Vec<_> = (0..count)
                .map(|index| format!("\"a{index}\":{index}"))
                .collect();
            Changes::from_json(format!("{{{}}}", members.join(",")).as_bytes(), &john)
        };
        assert!(with(MAX_CHANGES).is_ok());
        assert!(with(MAX_CHANGES + 1).is_err());
    }
}
