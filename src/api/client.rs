//! Sends one request to the API, signed where the stage asks for it.

use std::time::Duration;

use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{Provider as TlsProvider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{HttpConnector as _, HttpConnectorSettings};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::document::{self, Page};
use super::error::Problem;
use super::{Error, Signer};

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

/// A client of one API.
#[derive(Debug)]
pub(crate) struct Client {
    connector: Connector,
    base: String,
    signer: Option<Signer>,
}

/// A request, not yet sent.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    method: Method,
    /// Relative to the API's address, escaped, with its query.
    path: String,
    headers: HeaderMap,
    /// JSON text.
    body: Option<String>,
}

impl Call {
    /// A request for `path`, which is relative to the API's address and escaped.
    pub(crate) fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            headers: HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]),
            body: None,
        }
    }

    /// A request about one user.
    pub(crate) fn of_user(method: Method, username: &str) -> Self {
        Self::new(method, format!("users/{}", path_segment(username)))
    }

    /// The same with a body, which is JSON text.
    pub(crate) fn body(mut self, body: impl Into<String>) -> Self {
        self.body = Some(body.into());
        self.header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
    }

    /// The same with one more header.
    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// curl's arguments for it, quoted for a shell.
    fn curl(&self, base: &str) -> Vec<String> {
        let mut words = vec!["-X".to_owned(), self.method.to_string()];
        for (name, value) in &self.headers {
            let value = value.to_str().unwrap_or_default();
            words.push("-H".to_owned());
            words.push(quoted(&format!("{name}: {value}")));
        }
        if let Some(body) = &self.body {
            words.push("-d".to_owned());
            words.push(quoted(body));
        }
        words.push(quoted(&format!("{base}{}", self.path)));
        words
    }
}

/// `text` as one word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// The body: JSON text, exactly as it came.
    pub(crate) body: String,
}

impl Answer {
    /// A header's value, where it is text.
    pub(crate) fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The answer, if it is a successful one.
    ///
    /// # Errors
    /// What it means, if it is not.
    pub(crate) fn successful(self) -> Result<Self, Error> {
        if (200..300).contains(&self.status) {
            Ok(self)
        } else {
            Err(refusal(self.status, &self.body))
        }
    }
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

    /// Where the API is.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// Sends a request and answers what came back, whatever it is.
    ///
    /// # Errors
    /// When nothing came back.
    pub(crate) async fn send(&self, call: &Call) -> Result<Answer, Error> {
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
        let response = self
            .connector
            .call(request)
            .await
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

    /// Sends a request that is to succeed.
    ///
    /// # Errors
    /// Anything but a 2xx answer.
    pub(crate) async fn ask(&self, call: &Call) -> Result<Answer, Error> {
        self.send(call).await?.successful()
    }

    /// A curl command that sends the same request, with credentials from the environment's variables.
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

    /// Reads one page of the list of users: the first one, or what follows `after`.
    pub(crate) async fn page(&self, after: Option<&str>) -> Result<Page, Error> {
        let path = match after {
            Some(next) => format!("users?next={}", path_segment(next)),
            None => "users".to_owned(),
        };
        let answer = self.ask(&Call::new(Method::GET, path)).await?;
        document::page(&answer.body).map_err(|_| Error::unexpected(200, &answer.body))
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
        let error = client.send(&Call::new(Method::GET, "users")).await;
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
    fn a_curl_command_is_words_of_a_shell() {
        let call = Call::of_user(Method::PUT, "o'neil").body(r#"{"a":"it's"}"#);
        let client = Client::new("http://h/".to_owned(), None);
        assert_eq!(
            client.curl(&call),
            r#"curl -X PUT -H 'accept: application/json' -H 'content-type: application/json' -d '{"a":"it'\''s"}' 'http://h/users/o%27neil'"#
        );
    }

    #[test]
    fn a_username_is_one_segment() {
        assert_eq!(path_segment("a b/ü?#%"), "a%20b%2F%C3%BC%3F%23%25");
    }
}
