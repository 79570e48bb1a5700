//! Any request, as the command line describes it.

use http::{HeaderName, HeaderValue, Method};

use crate::client::Call;
use crate::error::Failure;

use super::attributes::Document;

/// Describes a request.
#[derive(Debug, clap::Args)]
pub(super) struct RequestArgs {
    /// The method, e.g. GET
    method: Method,
    /// The path, escaped, with its query: e.g. users?limit=10
    path: String,
    /// The JSON document to send: @FILE, or - for standard input
    #[arg(long, value_name = "@FILE|-")]
    json_body: Option<Document>,
    /// A header to send
    #[arg(long = "header", short = 'H', value_name = "NAME: VALUE", value_parser = header)]
    headers: Vec<(HeaderName, HeaderValue)>,
}

fn header(text: &str) -> Result<(HeaderName, HeaderValue), String> {
    let parts = text.split_once(':');
    parts
        .and_then(|(name, value)| Some((name.trim().parse().ok()?, value.trim().parse().ok()?)))
        .ok_or_else(|| "it must be NAME: VALUE".to_owned())
}

impl RequestArgs {
    /// Returns the request.
    pub(super) async fn into_call(self) -> Result<Call, Failure> {
        let mut call = Call::new(self.method, self.path.trim_start_matches('/'));
        if let Some(document) = &self.json_body {
            call = call.body(document.read().await?);
        }
        for (name, value) in self.headers {
            call = call.header(name, value);
        }
        Ok(call)
    }
}
