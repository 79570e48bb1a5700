//! `umb users get`

use http::Method;
use http::header::ETAG;

use crate::client::Call;
use crate::error::Failure;
use crate::ui::Ui;

use super::one_user::{UserName, ask, shown};
use super::route::UserAccess;

/// Show a user
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  umb users get jo           Show the user jo
  umb users get jo --etag    Show the tag of jo's state, for --if-match")]
pub(super) struct GetArgs {
    #[command(flatten)]
    name: UserName,
    /// Show only the entity tag of the user's state, for --if-match
    #[arg(long)]
    etag: bool,
}

impl GetArgs {
    pub(super) async fn run(self, access: UserAccess<'_>, ui: &Ui) -> Result<(), Failure> {
        let name = self.name.into_text();
        let call = Call::of_user(Method::GET, &name);
        let answer = ask(&access.client().await?, &call, &name).await?;
        if self.etag {
            ui.print(answer.header(&ETAG).unwrap_or_default());
        } else {
            ui.print_data(&shown(&answer));
        }
        Ok(())
    }
}
