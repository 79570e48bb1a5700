//! `umb users delete`

use http::Method;
use serde::Deserialize;

use crate::client::Call;
use crate::error::Failure;
use crate::ui::Ui;

use super::one_user::{Precondition, UserName, ask};
use super::route::UserAccess;

/// Delete a user
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  umb users delete jo          Delete jo, after asking
  umb users delete jo --yes    Delete jo without asking")]
pub(super) struct DeleteArgs {
    #[command(flatten)]
    name: UserName,
    #[command(flatten)]
    precondition: Precondition,
    /// Do not ask for confirmation
    #[arg(long, short)]
    yes: bool,
}

/// The body of the response.
#[derive(Deserialize)]
struct Body {
    message: String,
}

impl DeleteArgs {
    pub(super) async fn run(self, access: UserAccess<'_>, ui: &Ui) -> Result<(), Failure> {
        let name = self.name.into_text();
        let call = Call::of_user(Method::DELETE, &name);
        let call = self.precondition.add_to(call);
        let client = access.client().await?;
        if !self.yes {
            ui.confirm(&format!("Delete the user {name}?")).await?;
        }
        let answer = ask(&client, &call, &name).await?;
        let body = serde_json::from_str::<Body>(&answer.body);
        ui.print_data(&body.map_or(answer.body, |body| body.message));
        Ok(())
    }
}
