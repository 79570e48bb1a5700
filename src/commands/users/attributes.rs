//! Attributes on the command line: one by one, or as a JSON document.

use std::io::{self, Read as _};
use std::path::PathBuf;
use std::str::FromStr;

use umb_handler::json::compact;

use crate::error::Failure;

/// Attributes to set.
#[derive(Debug, Default, clap::Args)]
pub(super) struct Attributes {
    /// An attribute to set, as a string
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = string_member)]
    strings: Vec<Member>,
    /// An attribute to set, as any JSON value
    #[arg(long = "set-json", value_name = "KEY=JSON", value_parser = json_member)]
    values: Vec<Member>,
    /// The whole JSON object to send: @FILE, or - for standard input
    #[arg(long, value_name = "@FILE|-", conflicts_with_all = ["strings", "values"])]
    json_body: Option<Document>,
}

/// A member of a JSON object: its name, and its value as JSON text.
#[derive(Debug, Clone)]
pub(super) struct Member {
    name: String,
    json: String,
}

impl Member {
    /// A member that is a string.
    pub(super) fn string(name: impl Into<String>, value: &str) -> Self {
        Self {
            name: name.into(),
            json: serde_json::Value::from(value).to_string(),
        }
    }
}

fn string_member(text: &str) -> Result<Member, String> {
    let (name, value) = split(text)?;
    Ok(Member::string(name, value))
}

fn json_member(text: &str) -> Result<Member, String> {
    let (name, value) = split(text)?;
    let json = compact(value)
        .ok_or_else(|| "the value must be JSON, e.g. --set-json 'tags=[\"a\",1]'".to_owned())?;
    Ok(Member {
        name: name.to_owned(),
        json,
    })
}

fn split(text: &str) -> Result<(&str, &str), String> {
    match text.split_once('=') {
        Some(("username", _)) => Err("a user cannot be renamed".to_owned()),
        Some((name, value)) if !name.is_empty() => Ok((name, value)),
        _ => Err("it must be KEY=VALUE, e.g. --set country=US".to_owned()),
    }
}

/// Where a JSON document is.
#[derive(Debug, Clone)]
pub(super) enum Document {
    File(PathBuf),
    StandardInput,
}

impl FromStr for Document {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match (text, text.strip_prefix('@')) {
            ("-", _) => Ok(Self::StandardInput),
            (_, Some(path)) if !path.is_empty() => Ok(Self::File(path.into())),
            _ => Err("it must be @FILE, or - for standard input".to_owned()),
        }
    }
}

impl Document {
    /// Reads it, whatever it contains. The API says what is wrong with it.
    pub(super) async fn read(&self) -> Result<String, Failure> {
        let read = match self {
            Self::File(path) => fs_err::read_to_string(path),
            // On a thread of its own, so that Ctrl-C works meanwhile.
            Self::StandardInput => tokio::task::spawn_blocking(read_standard_input)
                .await
                .map_err(io::Error::other)
                .flatten(),
        };
        Ok(read?)
    }
}

fn read_standard_input() -> io::Result<String> {
    let mut text = String::new();
    let read = io::stdin().read_to_string(&mut text);
    read.map(|_| text).map_err(|error| {
        let text = format!("cannot read standard input: {error}");
        io::Error::new(error.kind(), text)
    })
}

impl Attributes {
    /// Whether none were given.
    pub(super) fn is_empty(&self) -> bool {
        self.strings.is_empty() && self.values.is_empty() && self.json_body.is_none()
    }

    /// Returns the JSON object, with `more` members. If a name is given twice, the API says so.
    pub(super) async fn into_json(
        self,
        more: impl IntoIterator<Item = Member>,
    ) -> Result<String, Failure> {
        if let Some(document) = &self.json_body {
            return document.read().await;
        }
        let members = more.into_iter().chain(self.strings).chain(self.values);
        let members: Vec<_> = members
            .map(|member| format!("{}:{}", serde_json::Value::from(member.name), member.json))
            .collect();
        Ok(format!("{{{}}}", members.join(",")))
    }
}
