//! `umb users api`

use umb_handler::json::pretty;

use crate::client::{Answer, Error};
use crate::error::Failure;
use crate::ui::Ui;

use super::request::RequestArgs;
use super::route::UserAccess;

/// Send any request, signed if the stage requires it; status and headers go to stderr
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  umb users api GET 'users?limit=10'             Read a page of users
  umb users api PUT users/jo --json-body @jo.json -H 'If-None-Match: *'")]
pub(super) struct ApiArgs {
    #[command(flatten)]
    request: RequestArgs,
}

impl ApiArgs {
    pub(super) async fn run(self, access: UserAccess<'_>, ui: &Ui) -> Result<(), Failure> {
        let call = self.request.into_call().await?;
        let answer = access.client().await?.send(&call).await?;
        ui.note(&head(&answer));
        if !answer.body.is_empty() {
            ui.print_data(&pretty(&answer.body));
        }
        match answer.status {
            ..400 => Ok(()),
            // The response is shown already.
            status => Err(Error::Status { status }.into()),
        }
    }
}

/// Status and headers, a line each.
fn head(answer: &Answer) -> String {
    let headers = answer.headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes());
        format!("\n{name}: {value}")
    });
    format!("{}{}", answer.status, headers.collect::<String>())
}
