//! `umb users curl`

use crate::error::Failure;
use crate::ui::Ui;

use super::request::RequestArgs;
use super::route::UserAccess;

/// Print a curl command that sends a request; curl before 8.3 signs escaped paths incorrectly
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  umb users curl GET users/jo         Print the command
  umb users curl GET users/jo | sh    Run it")]
pub(super) struct CurlArgs {
    #[command(flatten)]
    request: RequestArgs,
}

impl CurlArgs {
    pub(super) async fn run(self, access: UserAccess<'_>, ui: &Ui) -> Result<(), Failure> {
        let call = self.request.into_call().await?;
        ui.print_data(&access.client().await?.curl(&call));
        Ok(())
    }
}
