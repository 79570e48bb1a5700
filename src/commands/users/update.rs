//! `umb users update`

use http::Method;

use crate::client::Call;
use crate::error::Failure;
use crate::ui::Ui;

use super::attributes::Attributes;
use super::one_user::{Precondition, UserName, ask, shown};
use super::route::UserAccess;

/// Set attributes of a user; all others stay as they are
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  umb users update jo --set country=DE                     Set an attribute
  umb users update jo --set-json 'tags=[1]' --if-match TAG Only if nobody has changed jo since")]
pub(super) struct UpdateArgs {
    #[command(flatten)]
    name: UserName,
    #[command(flatten)]
    attributes: Attributes,
    #[command(flatten)]
    precondition: Precondition,
}

impl UpdateArgs {
    pub(super) async fn run(self, access: UserAccess<'_>, ui: &Ui) -> Result<(), Failure> {
        if self.attributes.is_empty() {
            return Err(Failure::usage("there is nothing to update")
                .hint("name at least one attribute: --set KEY=VALUE"));
        }
        let changes = self.attributes.into_json([])?;
        let name = self.name.into_text();
        let call = Call::of_user(Method::PUT, &name).body(changes);
        let call = self.precondition.add_to(call);
        let answer = ask(&access.client().await?, &call, &name).await?;
        ui.print(&shown(&answer));
        Ok(())
    }
}
