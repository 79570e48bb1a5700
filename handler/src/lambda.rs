//! The Lambda front: an API Gateway proxy event in, a proxy response out.
//!
//! Event and response:
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html>.

use std::fmt::Write as _;

use aws_lambda_events::apigw::{ApiGatewayProxyRequest, ApiGatewayProxyResponse};
use aws_lambda_events::encodings::Body;
use axum::Router;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::Request;
use lambda_runtime::LambdaEvent;
use tower::ServiceExt as _;

use crate::router::RequestId;

/// Why an event could not be answered at all.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// The event's path, query or headers make no HTTP request.
    #[error("the event is no HTTP request: {0}")]
    Request(#[from] http::Error),
    /// The event's body says that it is base64, and is not.
    #[error("the event's body is not base64: {0}")]
    Encoding(#[from] base64::DecodeError),
    /// The answer's body could not be collected.
    #[error("the answer could not be read: {0}")]
    Response(#[from] axum::Error),
}

/// Answers one event with `router`.
///
/// # Errors
/// When the event is no HTTP request. What the router refuses is an answer, not an error.
pub async fn handle(
    router: Router,
    event: LambdaEvent<ApiGatewayProxyRequest>,
) -> Result<ApiGatewayProxyResponse, EventError> {
    let id = event
        .payload
        .request_context
        .request_id
        .clone()
        .unwrap_or(event.context.request_id);
    let mut request = into_request(event.payload)?;
    request.extensions_mut().insert(RequestId(id));
    let response = match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await?;
    let mut answer = ApiGatewayProxyResponse::default();
    answer.status_code = i64::from(parts.status.as_u16());
    answer.headers = parts.headers;
    // Every answer is JSON, hence text.
    answer.body = Some(Body::Text(String::from_utf8_lossy(&body).into_owned()));
    Ok(answer)
}

fn into_request(event: ApiGatewayProxyRequest) -> Result<Request<axum::body::Body>, EventError> {
    let mut uri = escaped(event.path.as_deref().unwrap_or("/"));
    let query = if event.multi_value_query_string_parameters.is_empty() {
        event.query_string_parameters
    } else {
        event.multi_value_query_string_parameters
    };
    for (index, pair) in query.iter().enumerate() {
        uri.push(if index == 0 { '?' } else { '&' });
        uri.push_str(&serde_urlencoded::to_string([pair]).unwrap_or_default());
    }
    let body = match event.body {
        Some(body) if event.is_base64_encoded => BASE64.decode(body)?,
        Some(body) => body.into_bytes(),
        None => Vec::new(),
    };
    let mut request = Request::builder()
        .method(event.http_method)
        .uri(uri)
        .body(body.into())?;
    *request.headers_mut() = if event.multi_value_headers.is_empty() {
        event.headers
    } else {
        event.multi_value_headers
    };
    Ok(request)
}

/// `path` with every character escaped that cannot stand in an escaped path. REST APIs hand paths
/// on as they were sent; other senders of the same event decode them first, and this reads both.
fn escaped(path: &str) -> String {
    path.bytes().fold(String::new(), |mut uri, byte| {
        if byte.is_ascii_alphanumeric() || b"/%-._~!$&'()*+,;=:@".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(uri, "%{byte:02X}");
        }
        uri
    })
}
