//! `umb users api | curl`: any request.

use http::Method;

use crate::api::{Answer, Call, Error, pretty};
use crate::error::Failure;
use crate::ui::Ui;

use super::Target;
use super::attributes::Document;

/// Send any request, signed where the stage asks for it; status and headers go to stderr
#[derive(Debug, clap::Args)]
pub(super) struct ApiArgs {
    #[command(flatten)]
    request: Request,
}

/// Print a curl command that sends a request; curls of 2023 and before sign paths with escapes wrongly
#[derive(Debug, clap::Args)]
pub(super) struct CurlArgs {
    #[command(flatten)]
    request: Request,
}

#[derive(Debug, clap::Args)]
struct Request {
    /// The method, e.g. GET
    method: Method,
    /// The path, escaped, with its query: e.g. users?limit=10
    path: String,
    /// The JSON document to send: @FILE, or - for standard input
    #[arg(long, value_name = "@FILE|-")]
    json_body: Option<Document>,
    /// A header to send
    #[arg(long = "header", short = 'H', value_name = "NAME: VALUE", value_parser = header)]
    headers: Vec<(http::HeaderName, http::HeaderValue)>,
}

fn header(text: &str) -> Result<(http::HeaderName, http::HeaderValue), String> {
    let parted = text.split_once(':');
    parted
        .and_then(|(name, value)| Some((name.trim().parse().ok()?, value.trim().parse().ok()?)))
        .ok_or_else(|| "it must be NAME: VALUE".to_owned())
}

impl Request {
    fn call(self) -> Result<Call, Failure> {
        let mut call = Call::new(self.method, self.path.trim_start_matches('/'));
        if let Some(document) = &self.json_body {
            call = call.body(document.read()?);
        }
        for (name, value) in self.headers {
            call = call.header(name, value);
        }
        Ok(call)
    }
}

impl ApiArgs {
    pub(super) async fn run(self, target: Target<'_>, ui: &Ui) -> Result<(), Failure> {
        let call = self.request.call()?;
        let answer = target.client().await?.send(&call).await?;
        ui.note(&head(&answer));
        if !answer.body.is_empty() {
            ui.print(&pretty(&answer.body));
        }
        match answer.status {
            ..400 => Ok(()),
            // What came back is shown already.
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

impl CurlArgs {
    pub(super) async fn run(self, target: Target<'_>, ui: &Ui) -> Result<(), Failure> {
        let call = self.request.call()?;
        ui.print(&target.client().await?.curl(&call));
        Ok(())
    }
}
