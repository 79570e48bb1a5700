//! Sends one request to the API, signed where the stage asks for it.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{Provider as TlsProvider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{HttpConnector as _, HttpConnectorSettings};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{Method, Request};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::Error;
use super::document::{self, Page};
use super::error::Problem;

/// How long an endpoint may take to accept a connection, and to answer: API Gateway's own limit is
/// 29 seconds.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(4);
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// What a path segment keeps literally: RFC 3986's unreserved characters.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// `text` as one segment of a URL's path, or as a value in its query.
pub(crate) fn path_segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// How API Gateway says that there is no such path or method, and that a request is not signed.
const NO_SUCH_PATH: &str = "Missing Authentication Token";

/// Signs requests for API Gateway (SigV4, service `execute-api`).
#[derive(Debug, Clone)]
pub(crate) struct Signer {
    pub(crate) credentials: Credentials,
    pub(crate) region: String,
}

/// A client of one API.
#[derive(Debug)]
pub(crate) struct Client {
    connector: Connector,
    base: String,
    signer: Option<Signer>,
}

/// A successful answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// The body: JSON text, exactly as it came.
    pub(crate) body: String,
}

impl Client {
    /// A client of the API at `base`, which ends in a slash.
    pub(crate) fn new(base: String, signer: Option<Signer>) -> Self {
        let connector = Connector::builder()
            .connector_settings(
                HttpConnectorSettings::builder()
                    .connect_timeout(CONNECT_TIMEOUT)
                    .read_timeout(READ_TIMEOUT)
                    .build(),
            )
            .sleep_impl(TokioSleep::new())
            .tls_provider(TlsProvider::Rustls(CryptoMode::Ring))
            .build();
        Self {
            connector,
            base,
            signer,
        }
    }

    /// Sends a request to `path` (relative, escaped, with its query) and answers what came back.
    ///
    /// # Errors
    /// Anything but a 2xx answer.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&str>,
    ) -> Result<Answer, Error> {
        let unreachable = |source| Error::Unreachable {
            url: self.base.clone(),
            source,
        };
        let request = self.request(method, path, body).map_err(&unreachable)?;
        let request = HttpRequest::try_from(request).map_err(|error| unreachable(error.into()))?;
        let response = self
            .connector
            .call(request)
            .await
            .map_err(|error| unreachable(error.into()))?;
        let status = response.status().as_u16();
        let body = ByteStream::new(response.into_body())
            .collect()
            .await
            .map_err(|error| unreachable(error.into()))?;
        let body = String::from_utf8_lossy(&body.into_bytes()).into_owned();
        if (200..300).contains(&status) {
            Ok(Answer { body })
        } else {
            Err(refusal(status, &body))
        }
    }

    /// Reads one page of the list of users: the first one, or what follows `after`.
    pub(crate) async fn page(&self, after: Option<&str>) -> Result<Page, Error> {
        let path = match after {
            Some(next) => format!("users?next={}", path_segment(next)),
            None => "users".to_owned(),
        };
        let answer = self.send(Method::GET, &path, None).await?;
        document::page(&answer.body).map_err(|_| Error::unexpected(200, &answer.body))
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        body: Option<&str>,
    ) -> Result<Request<SdkBody>, Box<dyn std::error::Error + Send + Sync>> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header(ACCEPT, "application/json");
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let mut request = request.body(SdkBody::from(body.unwrap_or_default()))?;
        if let Some(signer) = &self.signer {
            signer.sign(&mut request, body.unwrap_or_default().as_bytes())?;
        }
        Ok(request)
    }
}

impl Signer {
    fn sign(
        &self,
        request: &mut Request<SdkBody>,
        body: &[u8],
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let identity = self.credentials.clone().into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("execute-api")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()?
            .into();
        let headers: Vec<_> = request
            .headers()
            .iter()
            .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
            .collect();
        let uri = request.uri().to_string();
        let signable = SignableRequest::new(
            request.method().as_str(),
            &uri,
            headers.into_iter(),
            SignableBody::Bytes(body),
        )?;
        let (instructions, _) = sign(signable, &parameters)?.into_parts();
        instructions.apply_to_request_http1x(request);
        Ok(())
    }
}

fn refusal(status: u16, body: &str) -> Error {
    if let Ok(problem) = serde_json::from_str::<Problem>(body) {
        return problem.into_error();
    }
    match (status, gateway_message(body)) {
        (403, Some(message)) if message == NO_SUCH_PATH => Error::NoSuchPath { message },
        (403, message) => Error::Forbidden {
            message: message.unwrap_or_else(|| "forbidden".to_owned()),
        },
        (429 | 503 | 504, Some(message)) => Error::Busy { status, message },
        (500 | 502, Some(message)) => Error::FunctionFailed { status, message },
        _ => Error::unexpected(status, body),
    }
}

/// API Gateway's own refusals where an API does not say otherwise: `{"message": …}`, the key with a capital
/// at times.
fn gateway_message(body: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Gateway {
        #[serde(alias = "Message")]
        message: String,
    }
    serde_json::from_str::<Gateway>(body)
        .ok()
        .map(|gateway| gateway.message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_api_that_is_not_there_is_named() {
        // Port 1 is reserved (tcpmux): nobody listens there.
        let client = Client::new("http://127.0.0.1:1/".to_owned(), None);
        let error = client.send(Method::GET, "users", None).await;
        let Err(Error::Unreachable { url, .. }) = error else {
            panic!("{error:?}");
        };
        assert_eq!(url, "http://127.0.0.1:1/");
    }

    #[test]
    fn refusals_of_the_gateway_are_told_apart() {
        let of = |status, body| refusal(status, body).to_string();
        assert_eq!(
            of(403, r#"{"message":"Missing Authentication Token"}"#),
            "the API has no such path, or wants requests to be signed: Missing Authentication Token"
        );
        assert_eq!(
            of(403, r#"{"Message":"User is not authorized"}"#),
            "the API refuses these credentials: User is not authorized"
        );
        assert_eq!(
            of(429, r#"{"message":"Too Many Requests"}"#),
            "the API is busy: Too Many Requests (429)"
        );
        assert_eq!(
            of(502, r#"{"message":"Internal server error"}"#),
            "the function behind the API failed: Internal server error (502)"
        );
        assert_eq!(
            of(418, "<html>"),
            "the API answered 418 and something that the contract does not have: <html>"
        );
    }

    #[test]
    fn problems_of_the_gateway_are_told_apart_too() {
        let of = |kind: &str, status: u16| {
            let body = format!(
                r#"{{"type":"urn:umb:problem:{kind}","title":"t","status":{status},"detail":"d"}}"#
            );
            refusal(status, &body).to_string()
        };
        for (kind, status, text) in [
            (
                "missing-authentication-token",
                403,
                "the API has no such path, or wants requests to be signed: d",
            ),
            ("access-denied", 403, "the API refuses these credentials: d"),
            (
                "invalid-signature",
                403,
                "the API refuses these credentials: d",
            ),
            ("throttled", 429, "the API is busy: d (429)"),
            (
                "gateway-error",
                500,
                "the function behind the API failed: d (500)",
            ),
            ("internal-error", 500, "d (500)"),
        ] {
            assert_eq!(of(kind, status), text);
        }
    }

    #[test]
    fn a_username_is_one_segment() {
        assert_eq!(path_segment("a b/ü?#%"), "a%20b%2F%C3%BC%3F%23%25");
    }
}
