//! One user, named on the command line.

use clap::builder::NonEmptyStringValueParser;
use http::header::IF_MATCH;
use http::{HeaderValue, Method};

use crate::client::{Answer, Call, Client};
use crate::error::Failure;
use umb_handler::json::pretty;

/// Names a user.
#[derive(Debug, clap::Args)]
pub(super) struct UserName {
    /// The username
    #[arg(
        id = "name",
        value_name = "USERNAME",
        value_parser = NonEmptyStringValueParser::new(),
        required_unless_present = "username"
    )]
    positional: Option<String>,
    /// The username as a flag, for names that start with a hyphen: --username=-x
    #[arg(long = "username", value_name = "USERNAME", value_parser = NonEmptyStringValueParser::new(), conflicts_with = "name")]
    username: Option<String>,
}

/// A condition on the user's state.
#[derive(Debug, clap::Args)]
pub(super) struct Precondition {
    /// Only if the user's state still has this entity tag (see `umb users get --etag`)
    #[arg(long, value_name = "ETAG", value_parser = entity_tag)]
    if_match: Option<HeaderValue>,
}

impl UserName {
    /// The username.
    pub(super) fn into_text(self) -> String {
        self.positional.or(self.username).unwrap_or_default()
    }
}

impl Precondition {
    /// Adds the condition to a request.
    pub(super) fn add_to(self, call: Call) -> Call {
        match self.if_match {
            Some(tag) => call.header(IF_MATCH, tag),
            None => call,
        }
    }
}

/// Reads an entity tag with or without its quotes, which shells remove.
fn entity_tag(text: &str) -> Result<HeaderValue, String> {
    let tag = match text {
        "*" => text.to_owned(),
        text if text.ends_with('"') => text.to_owned(),
        text => format!("\"{text}\""),
    };
    HeaderValue::from_str(&tag).map_err(|_| "it must be an entity tag".to_owned())
}

/// Sends a request about the user `name`.
///
/// # Errors
/// When it is refused; the hint names the user.
pub(super) async fn ask(client: &Client, call: &Call, name: &str) -> Result<Answer, Failure> {
    let answer = client.ask(call).await;
    answer.map_err(|error| {
        let hint = error
            .status()
            .and_then(|status| hint(call.method(), status, name));
        let failure = Failure::from(error);
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    })
}

/// Returns what to do about the refusal of a request about the user `name`.
fn hint(method: &Method, status: u16, name: &str) -> Option<String> {
    let name = shlex::try_quote(name).ok()?;
    match (method.as_str(), status) {
        ("DELETE", 404) => Some("`umb users list` shows the existing ones".to_owned()),
        (_, 404) => Some(format!(
            "`umb users list` shows the existing ones; `umb users create {name}` creates this one"
        )),
        ("POST", 409) => Some(format!(
            "`umb users get {name}` shows it; `umb users update {name} --set country=US` changes it, for example"
        )),
        (_, 412) => Some(format!(
            "`umb users get {name}` shows its state now, `umb users get {name} --etag` the tag of that state"
        )),
        _ => None,
    }
}

/// Returns a user as it is shown.
pub(super) fn shown(answer: &Answer) -> String {
    pretty(&answer.body)
}
