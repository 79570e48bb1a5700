//! Sends requests to the API, signed if the stage requires it.

use std::time::Duration;

use ::http::header::DATE;
use ::http::{Method, Request};
use aws_smithy_runtime_api::client::http::{
    HttpConnector as _, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;

use crate::network::{Network, upload_time};

use super::call::{Answer, Call, path_segment};
use super::error::Error;
use super::page::{self, Page};
use super::signer::Signer;

/// How long an endpoint may take to accept a connection, and to answer once it has the request: API Gateway's own limit is
/// 29 seconds.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(4);
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// A client of one API.
#[derive(Debug)]
pub(crate) struct Client {
    connector: SharedHttpConnector,
    base: String,
    signer: Option<Signer>,
}

impl Client {
    /// A client of the API at `base`, which ends in a slash.
    pub(crate) fn new(base: String, signer: Option<Signer>, network: &Network) -> Self {
        let settings = HttpConnectorSettings::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .build();
        Self {
            connector: network.connector(&settings),
            base,
            signer,
        }
    }

    /// A client of an API on this machine.
    pub(crate) fn of_this_machine(base: String, signer: Option<Signer>) -> Self {
        Self::new(base, signer, &Network::direct())
    }

    /// The API's address.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// Sends a request and returns the response, whatever it is. If it was refused because this machine's clock is wrong, it
    /// is sent again with the server's time.
    ///
    /// # Errors
    /// When there was no response.
    pub(crate) async fn send(&self, call: &Call) -> Result<Answer, Error> {
        let answer = self.send_once(call).await?;
        let date = answer.header(&DATE);
        let signer = self.signer.as_ref().filter(|_| answer.status == 403);
        if signer.is_some_and(|signer| signer.takes_time_from(date)) {
            return self.send_once(call).await;
        }
        Ok(answer)
    }

    async fn send_once(&self, call: &Call) -> Result<Answer, Error> {
        let unreachable = |source| Error::Unreachable {
            url: self.base.clone(),
            source,
        };
        let body = call.body.clone().unwrap_or_default();
        let mut request = Request::builder()
            .method(&call.method)
            .uri(format!("{}{}", self.base, call.path))
            .body(SdkBody::from(body.as_str()))
            .map_err(|error| unreachable(error.into()))?;
        request.headers_mut().extend(call.headers.clone());
        if let Some(signer) = &self.signer {
            signer.sign(&mut request, body.as_bytes()).await?;
        }
        let request = HttpRequest::try_from(request).map_err(|error| unreachable(error.into()))?;
        let limit = READ_TIMEOUT + upload_time(body.len());
        let response = tokio::time::timeout(limit, self.connector.call(request))
            .await
            .map_err(|_| unreachable("there was no response in time".into()))?
            .map_err(|error| unreachable(error.into()))?;
        let response = response
            .try_into_http1x()
            .map_err(|error| unreachable(error.into()))?;
        let (parts, body) = response.into_parts();
        let body = ByteStream::new(body)
            .collect()
            .await
            .map_err(|error| unreachable(error.into()))?;
        Ok(Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: String::from_utf8_lossy(&body.into_bytes()).into_owned(),
        })
    }

    /// Sends a request that should succeed.
    ///
    /// # Errors
    /// Anything but a 2xx response.
    pub(crate) async fn ask(&self, call: &Call) -> Result<Answer, Error> {
        self.send(call).await?.successful()
    }

    /// Returns a curl command that sends the same request, with credentials from environment variables.
    pub(crate) fn curl(&self, call: &Call) -> String {
        let mut words = vec!["curl".to_owned()];
        if let Some(signer) = &self.signer {
            words.push(format!(
                "--aws-sigv4 'aws:amz:{}:execute-api'",
                signer.region()
            ));
            words.push(r#"--user "${AWS_ACCESS_KEY_ID}:${AWS_SECRET_ACCESS_KEY}""#.to_owned());
            words.push(r#"-H "X-Amz-Security-Token: ${AWS_SESSION_TOKEN:-}""#.to_owned());
        }
        words.extend(call.curl(&self.base));
        words.join(" ")
    }

    /// Reads one page of the list of users: the first one, or the one after `after`.
    pub(crate) async fn page(&self, after: Option<&str>) -> Result<Page, Error> {
        let path = match after {
            Some(next) => format!("users?next={}", path_segment(next)),
            None => "users".to_owned(),
        };
        let answer = self.ask(&Call::new(Method::GET, path)).await?;
        page::parse(&answer.body).map_err(|_| Error::unexpected(200, &answer.body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_unreachable_api_is_named() {
        // Port 1 is reserved (tcpmux): nobody listens there.
        let client = Client::of_this_machine("http://127.0.0.1:1/".to_owned(), None);
        let error = client.send(&Call::new(Method::GET, "users")).await;
        let Err(Error::Unreachable { url, .. }) = error else {
            panic!("{error:?}");
        };
        assert_eq!(url, "http://127.0.0.1:1/");
    }

    #[test]
    fn a_curl_command_is_quoted_for_a_shell() {
        let call = Call::of_user(Method::PUT, "o'neil").body(r#"{"a":"it's"}"#);
        let client = Client::of_this_machine("http://h/".to_owned(), None);
        assert_eq!(
            client.curl(&call),
            r#"curl -X PUT -H 'accept: application/json' -H 'content-type: application/json' -d "{\"a\":\"it's\"}" 'http://h/users/o%27neil'"#
        );
    }
}
