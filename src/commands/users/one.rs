//! `umb users create | get | update | delete`: one user.

use clap::builder::NonEmptyStringValueParser;
use http::header::{ETAG, IF_MATCH};
use http::{HeaderValue, Method};
use serde::Deserialize;

use crate::api::{Call, pretty};
use crate::error::Failure;
use crate::ui::Ui;

use super::Target;
use super::attributes::{Attributes, Member};

/// Create a user
#[derive(Debug, clap::Args)]
pub(super) struct CreateArgs {
    /// The username
    #[arg(
        long,
        value_parser = NonEmptyStringValueParser::new(),
        required_unless_present = "json_body",
        conflicts_with = "json_body"
    )]
    username: Option<String>,
    /// The e-mail address
    #[arg(long, conflicts_with = "json_body")]
    email: Option<String>,
    #[command(flatten)]
    attributes: Attributes,
}

/// Show a user
#[derive(Debug, clap::Args)]
pub(super) struct GetArgs {
    #[command(flatten)]
    name: Name,
    /// Show only the entity tag of the user's state, for --if-match
    #[arg(long)]
    etag: bool,
}

/// Set attributes of a user; all others stay as they are
#[derive(Debug, clap::Args)]
pub(super) struct UpdateArgs {
    #[command(flatten)]
    name: Name,
    #[command(flatten)]
    attributes: Attributes,
    #[command(flatten)]
    precondition: Precondition,
}

/// Delete a user
#[derive(Debug, clap::Args)]
pub(super) struct DeleteArgs {
    #[command(flatten)]
    name: Name,
    #[command(flatten)]
    precondition: Precondition,
    /// Do it without asking
    #[arg(long, short)]
    yes: bool,
}

#[derive(Debug, clap::Args)]
struct Name {
    /// The username
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    username: String,
}

#[derive(Debug, clap::Args)]
struct Precondition {
    /// Only if the user's state is still the one with this entity tag (see `get --etag`)
    #[arg(long, value_name = "ETAG", value_parser = entity_tag)]
    if_match: Option<HeaderValue>,
}

/// A tag with or without its quotes, which shells take away.
fn entity_tag(text: &str) -> Result<HeaderValue, String> {
    let tag = match text {
        "*" => text.to_owned(),
        text if text.ends_with('"') => text.to_owned(),
        text => format!("\"{text}\""),
    };
    HeaderValue::from_str(&tag).map_err(|_| "it must be an entity tag".to_owned())
}

impl Precondition {
    fn of(self, call: Call) -> Call {
        match self.if_match {
            Some(tag) => call.header(IF_MATCH, tag),
            None => call,
        }
    }
}

impl CreateArgs {
    pub(super) async fn run(self, target: Target<'_>, ui: &Ui) -> Result<(), Failure> {
        let username = self.username.map(|name| Member::string("username", &name));
        let email = self.email.map(|email| Member::string("email", &email));
        let user = self
            .attributes
            .into_json(username.into_iter().chain(email))?;
        show(target, ui, Call::new(Method::POST, "users").body(user)).await
    }
}

impl GetArgs {
    pub(super) async fn run(self, target: Target<'_>, ui: &Ui) -> Result<(), Failure> {
        let call = Call::of_user(Method::GET, &self.name.username);
        if !self.etag {
            return show(target, ui, call).await;
        }
        let answer = target.client().await?.ask(&call).await?;
        ui.print(answer.header(&ETAG).unwrap_or_default());
        Ok(())
    }
}

impl UpdateArgs {
    pub(super) async fn run(self, target: Target<'_>, ui: &Ui) -> Result<(), Failure> {
        if self.attributes.is_empty() {
            return Err(Failure::usage("there is nothing to update")
                .hint("name at least one attribute: --set KEY=VALUE"));
        }
        let changes = self.attributes.into_json([])?;
        let call = Call::of_user(Method::PUT, &self.name.username).body(changes);
        show(target, ui, self.precondition.of(call)).await
    }
}

impl DeleteArgs {
    pub(super) async fn run(self, target: Target<'_>, ui: &Ui) -> Result<(), Failure> {
        let username = &self.name.username;
        let call = self
            .precondition
            .of(Call::of_user(Method::DELETE, username));
        let client = target.client().await?;
        if !self.yes {
            ui.confirm(&format!("Delete the user {username}?")).await?;
        }
        let answer = client.ask(&call).await?;
        ui.print(&message(&answer.body));
        Ok(())
    }
}

async fn show(target: Target<'_>, ui: &Ui, call: Call) -> Result<(), Failure> {
    let answer = target.client().await?.ask(&call).await?;
    ui.print(&pretty(&answer.body));
    Ok(())
}

fn message(body: &str) -> String {
    #[derive(Deserialize)]
    struct Message {
        message: String,
    }
    serde_json::from_str::<Message>(body).map_or_else(|_| body.to_owned(), |body| body.message)
}
