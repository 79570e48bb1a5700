//! Users as lines: JSON Lines, or CSV with a convention for types.
//!
//! In CSV, a column `name` holds strings, and a column `name:json` any JSON value. The column `*:json` holds an object whose
//! members are further attributes. An empty cell is a missing attribute. So every user has exactly one row.

use umb_handler::json::{compact, members};

use super::error::Error;

/// How users are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// One JSON object a line: <https://jsonlines.org>.
    JsonLines,
    /// RFC 4180, with a heading.
    Csv,
}

impl Format {
    /// The name that checkpoints have for it. It must not change.
    pub(super) fn recorded_name(self) -> &'static str {
        match self {
            Self::JsonLines => "JsonLines",
            Self::Csv => "Csv",
        }
    }
}

/// The ending of the name of a column of JSON values.
const JSON: &str = ":json";
/// The column of all attributes without a column of their own.
const REST: &str = "*";
/// The columns of an export: what every user has, what most have, and the rest.
const EXPORTED: [&str; 3] = ["username", "email", "*:json"];

/// One column of a CSV file.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Column {
    Text(String),
    Json(String),
    Rest,
}

/// The columns of a CSV file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Columns(Vec<Column>);

impl Columns {
    /// Reads a heading.
    pub(super) fn parse<'a>(heading: impl IntoIterator<Item = &'a str>) -> Result<Self, Error> {
        let mut columns = Vec::new();
        for name in heading {
            let column = match name.strip_suffix(JSON) {
                Some(REST) => Column::Rest,
                Some(name) => Column::Json(name.to_owned()),
                None => Column::Text(name.to_owned()),
            };
            let is_empty =
                matches!(&column, Column::Text(name) | Column::Json(name) if name.is_empty());
            if is_empty || columns.contains(&column) {
                return Err(Error::Heading {
                    reason: format!("the column `{name}` is empty or a duplicate"),
                });
            }
            columns.push(column);
        }
        if columns.contains(&Column::Text("username".to_owned())) {
            Ok(Self(columns))
        } else {
            Err(Error::Heading {
                reason: "there is no column `username`".to_owned(),
            })
        }
    }

    /// Returns a row as a user's JSON object, without checking whether the user is valid.
    pub(super) fn user<'a>(
        &self,
        row: impl IntoIterator<Item = &'a str>,
    ) -> Result<String, String> {
        let mut parts = Vec::new();
        for (column, cell) in self.0.iter().zip(row) {
            if cell.is_empty() {
                continue;
            }
            match column {
                Column::Text(name) => parts.push(member(name, &text(cell))),
                Column::Json(name) => {
                    let value = compact(cell).ok_or_else(|| format!("{name}{JSON} is not JSON"))?;
                    parts.push(member(name, &value));
                }
                Column::Rest => {
                    let rest = members(cell).ok_or("*:json is not a JSON object")?;
                    parts.extend(rest.iter().map(|(name, value)| member(name, value)));
                }
            }
        }
        Ok(format!("{{{}}}", parts.join(",")))
    }
}

fn member(name: &str, value: &str) -> String {
    format!("{}:{value}", text(name))
}

fn text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Returns the heading of an exported CSV file.
pub(super) fn heading() -> [&'static str; 3] {
    EXPORTED
}

/// Returns a user's JSON object as a row below that heading.
pub(super) fn row(user: &str) -> Option<[String; 3]> {
    let mut row = [const { String::new() }; 3];
    let mut rest = Vec::new();
    for (name, value) in members(user)? {
        let column = EXPORTED.iter().position(|column| *column == name);
        match (column, serde_json::from_str::<String>(&value)) {
            (Some(column), Ok(text)) if !text.is_empty() => row[column] = text,
            _ => rest.push(member(&name, &value)),
        }
    }
    if !rest.is_empty() {
        row[2] = format!("{{{}}}", rest.join(","));
    }
    Some(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_a_user() {
        let columns = Columns::parse(["username", "age:json", "*:json", "note"]).expect("valid");
        assert_eq!(
            columns.user(["john", "1.50", r#"{"a":[1]}"#, "x \"y\""]),
            Ok(r#"{"username":"john","age":1.50,"a":[1],"note":"x \"y\""}"#.to_owned())
        );
        assert_eq!(
            columns.user(["john", "", "", ""]),
            Ok(r#"{"username":"john"}"#.to_owned())
        );
        assert_eq!(
            columns.user(["john", "x", "", ""]),
            Err("age:json is not JSON".to_owned())
        );
        assert_eq!(
            columns.user(["john", "", "[]", ""]),
            Err("*:json is not a JSON object".to_owned())
        );
    }

    #[test]
    fn a_heading_names_each_column_once() {
        for heading in [
            &["email"][..],
            &["username", ""],
            &["username", "a", "a"],
            &["username", ":json"],
        ] {
            assert!(
                Columns::parse(heading.iter().copied()).is_err(),
                "{heading:?}"
            );
        }
    }

    #[test]
    fn what_is_written_as_a_row_is_read_as_the_same_user() {
        let columns = Columns::parse(heading()).expect("valid");
        for user in [
            r#"{"username":"john"}"#,
            r#"{"username":"john","email":"a@b.c"}"#,
            r#"{"username":"john","email":"a@b.c","*:json":1,"n":12345678901234567890.5,"s":""}"#,
        ] {
            let row = row(user).expect("a user");
            let read = columns
                .user(row.iter().map(String::as_str))
                .expect("a user");
            assert_eq!(read, user);
        }
    }
}
