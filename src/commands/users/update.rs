//! `umb users update`

use http::Method;

use crate::client::Call;
use crate::error::Failure;
use crate::ui::Ui;

use super::attributes::{Attributes, Member};
use super::one_user::{Precondition, UserName, ask, shown};
use super::route::UserAccess;

/// Set attributes of a user; all others stay as they are
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  umb users update jo --set country=DE                    Set an attribute
  umb users update jo --set country=DE --if-match TAG     Only if unchanged")]
pub(super) struct UpdateArgs {
    #[command(flatten)]
    name: UserName,
    /// The e-mail address
    #[arg(long, conflicts_with = "json_body")]
    email: Option<String>,
    #[command(flatten)]
    attributes: Attributes,
    #[command(flatten)]
    precondition: Precondition,
}

impl UpdateArgs {
    pub(super) async fn run(self, access: UserAccess<'_>, ui: &Ui) -> Result<(), Failure> {
        if self.attributes.is_empty() && self.email.is_none() {
            return Err(Failure::usage("there is nothing to update")
                .hint("name at least one attribute: --set KEY=VALUE"));
        }
        let email = self.email.map(|email| Member::string("email", &email));
        let changes = self.attributes.into_json(email).await?;
        let name = self.name.into_text();
        let call = Call::of_user(Method::PUT, &name).body(changes);
        let call = self.precondition.add_to(call);
        let answer = ask(&access.client().await?, &call, &name).await?;
        ui.print_data(&shown(&answer));
        Ok(())
    }
}
