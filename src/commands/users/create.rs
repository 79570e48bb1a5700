//! `umb users create`

use clap::builder::NonEmptyStringValueParser;
use http::Method;

use crate::client::Call;
use crate::error::Failure;
use crate::ui::Ui;

use super::attributes::{Attributes, Member};
use super::one_user::{ask, shown};
use super::route::UserAccess;

/// Create a user
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  umb users create jo --email jo@example.com
  umb users create jo --set country=US --set-json 'tags=[\"a\", 1.5]'
  umb users create --json-body @jo.json    The user that a file describes")]
pub(super) struct CreateArgs {
    /// The username
    #[arg(
        id = "name",
        value_name = "USERNAME",
        value_parser = NonEmptyStringValueParser::new(),
        required_unless_present_any = ["username", "json_body"],
        conflicts_with = "json_body"
    )]
    positional: Option<String>,
    /// The username as a flag, for names that start with a hyphen: --username=-x
    #[arg(
        long = "username",
        value_name = "USERNAME",
        value_parser = NonEmptyStringValueParser::new(),
        conflicts_with_all = ["name", "json_body"]
    )]
    username: Option<String>,
    /// The e-mail address
    #[arg(long, conflicts_with = "json_body")]
    email: Option<String>,
    #[command(flatten)]
    attributes: Attributes,
}

impl CreateArgs {
    pub(super) async fn run(self, access: UserAccess<'_>, ui: &Ui) -> Result<(), Failure> {
        let name = self.positional.or(self.username);
        let username = name.as_ref().map(|name| Member::string("username", name));
        let email = self.email.map(|email| Member::string("email", &email));
        let user = self
            .attributes
            .into_json(username.into_iter().chain(email))
            .await?;
        let call = Call::new(Method::POST, "users").body(user);
        let client = access.client().await?;
        let answer = match name {
            Some(name) => ask(&client, &call, &name).await?,
            None => client.ask(&call).await?,
        };
        ui.print_data(&shown(&answer));
        Ok(())
    }
}
