//! The Lambda front: an API Gateway proxy event in, a proxy response out.
//!
//! Event and response:
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html>.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use ::http::Request;
use aws_lambda_events::apigw::{ApiGatewayProxyRequest, ApiGatewayProxyResponse};
use aws_lambda_events::encodings::Body;
use axum::Router;
use axum::response::IntoResponse as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use lambda_runtime::LambdaEvent;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::http::{Problem, REQUEST_ID, RequestId};

/// How long before its deadline a call is answered at the latest, so that the response arrives in time.
const MARGIN: Duration = Duration::from_millis(500);
/// The members that every request of a REST API has.
const OF_A_REQUEST: [&str; 4] = ["httpMethod", "path", "requestContext", "resource"];

/// Why an event could not be answered at all.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// The event is of another kind.
    #[error(
        "this function handles proxy events of an API Gateway REST API (payload format 1.0), and {0} is missing"
    )]
    Kind(&'static str),
    /// The event is of that kind, and a member of it has another type.
    #[error("the event is not a proxy event of an API Gateway REST API: {0}")]
    Shape(#[from] serde_json::Error),
    /// The event's path, query or headers do not make an HTTP request.
    #[error("the event is not an HTTP request: {0}")]
    Request(#[from] ::http::Error),
    /// The event's body should be base64, and is not.
    #[error("the event's body is not base64: {0}")]
    Encoding(#[from] base64::DecodeError),
    /// The response's body could not be collected.
    #[error("cannot read the response: {0}")]
    Response(#[from] axum::Error),
}

/// Handles one event with `router`, whoever sent it: API Gateway, or a direct invocation. A call that would exceed its
/// deadline is answered with 503 before it.
///
/// # Errors
/// When the event is not an HTTP request. A request that the router refuses is a response, not an error.
pub async fn handle(
    router: Router,
    event: LambdaEvent<Value>,
) -> Result<ApiGatewayProxyResponse, EventError> {
    let LambdaEvent { payload, context } = event;
    let payload = proxy_event(payload)?;
    let id = payload
        .request_context
        .request_id
        .clone()
        .unwrap_or(context.request_id.clone());
    let mut request = into_request(payload)?;
    request.extensions_mut().insert(RequestId(id.clone()));
    let left = context
        .deadline()
        .duration_since(SystemTime::now())
        .unwrap_or_default();
    let answered = tokio::time::timeout(left.saturating_sub(MARGIN), router.oneshot(request)).await;
    let response = match answered {
        Ok(Ok(response)) => response,
        Ok(Err(never)) => match never {},
        Err(_) => {
            tracing::error!(id, "the request timed out");
            let problem = Problem::busy("The request took too long, try again in a moment");
            ([(REQUEST_ID, id)], problem).into_response()
        }
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

/// Reads the event of a REST API. Its types are lenient, so an event of another kind is detected first: it would be
/// taken for a request without a path.
fn proxy_event(event: Value) -> Result<ApiGatewayProxyRequest, EventError> {
    let missing = OF_A_REQUEST
        .iter()
        .find(|member| event.get(member).is_none());
    match missing {
        Some(member) => Err(EventError::Kind(member)),
        None => Ok(serde_json::from_value(event)?),
    }
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

/// Escapes every character that an escaped path cannot contain. REST APIs pass paths on as they were sent; other senders
/// of the same event decode them first, and this reads both.
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// An event of the documented shape, with `fields` in place of its own.
    fn event(fields: &serde_json::Value) -> ApiGatewayProxyRequest {
        let mut event = json!({
            "resource": "/users/{username}",
            "path": "/users/john",
            "httpMethod": "GET",
            "headers": null,
            "multiValueHeaders": null,
            "queryStringParameters": null,
            "multiValueQueryStringParameters": null,
            "pathParameters": {"username": "john"},
            "stageVariables": null,
            "requestContext": {
                "accountId": "111111111111",
                "apiId": "zx5s6bum21",
                "httpMethod": "GET",
                "identity": {"sourceIp": "127.0.0.1", "userArn": null},
                "path": "/v1/users/john",
                "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
                "requestTimeEpoch": 1_583_348_638_390_i64,
                "stage": "v1"
            },
            "body": null,
            "isBase64Encoded": false
        });
        for (name, value) in fields.as_object().expect("an object") {
            event[name] = value.clone();
        }
        serde_json::from_value(event).expect("an event")
    }

    fn uri(fields: &serde_json::Value) -> String {
        let request = into_request(event(fields)).expect("a request");
        request.uri().to_string()
    }

    #[test]
    fn an_escaped_path_stays_as_it_was_sent() {
        assert_eq!(
            uri(&json!({"path": "/users/50%25%2F%20"})),
            "/users/50%25%2F%20"
        );
    }

    #[test]
    fn a_path_that_somebody_unescaped_is_escaped_again() {
        assert_eq!(
            uri(&json!({"path": "/users/a b?#\"ü\n"})),
            "/users/a%20b%3F%23%22%C3%BC%0A"
        );
    }

    #[test]
    fn dot_segments_are_left_to_the_router() {
        assert_eq!(uri(&json!({"path": "/users/.."})), "/users/..");
    }

    #[test]
    fn the_query_is_put_together_from_what_was_taken_apart() {
        let query = json!({"multiValueQueryStringParameters": {"next": ["a=b&c d+"]}});
        assert_eq!(uri(&query), "/users/john?next=a%3Db%26c+d%2B");
    }

    /// A router whose every request takes `seconds`.
    fn slow(seconds: u64) -> Router {
        Router::new().fallback(async move || tokio::time::sleep(Duration::from_secs(seconds)).await)
    }

    async fn handled(router: Router, event: Value) -> Result<ApiGatewayProxyResponse, EventError> {
        let mut context = lambda_runtime::Context::default();
        let deadline = SystemTime::now() + Duration::from_secs(10);
        let since_epoch = deadline
            .duration_since(SystemTime::UNIX_EPOCH)
            .expect("later");
        context.deadline = u64::try_from(since_epoch.as_millis()).expect("in range");
        handle(router, LambdaEvent::new(event, context)).await
    }

    fn plain_event() -> Value {
        serde_json::to_value(event(&json!({}))).expect("an event")
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_is_answered_before_its_deadline() {
        let in_time = handled(slow(5), plain_event()).await.expect("an answer");
        assert_eq!(in_time.status_code, 200);
        let late = handled(slow(60), plain_event()).await.expect("an answer");
        assert_eq!(late.status_code, 503);
        assert_eq!(late.headers["content-type"], "application/problem+json");
        assert_eq!(
            late.headers["x-request-id"],
            "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
        );
    }

    #[tokio::test]
    async fn events_of_other_kinds_are_refused() {
        for (event, missing) in [
            (json!({}), "httpMethod"),
            (json!([]), "httpMethod"),
            (json!("x"), "httpMethod"),
            // HTTP APIs, payload format 2.0.
            (
                json!({"version": "2.0", "rawPath": "/users", "requestContext": {"http": {"method": "GET"}}}),
                "httpMethod",
            ),
            (
                json!({"httpMethod": "GET", "path": "/users", "requestContext": {"elb": {}}}),
                "resource",
            ),
        ] {
            let refused = handled(slow(0), event.clone())
                .await
                .expect_err("another kind");
            let text = refused.to_string();
            assert!(
                text.ends_with(&format!("{missing} is missing")),
                "{event}: {text}"
            );
        }
        let mut wrong = plain_event();
        wrong["headers"] = json!(7);
        assert!(matches!(
            handled(slow(0), wrong).await,
            Err(EventError::Shape(_))
        ));
    }

    #[tokio::test]
    async fn a_body_may_be_base64() {
        let request = into_request(event(&json!({"body": "aGk=", "isBase64Encoded": true})));
        let body = request.expect("a request").into_body();
        assert_eq!(axum::body::to_bytes(body, 10).await.expect("a body"), "hi");
        let broken = into_request(event(&json!({"body": "?", "isBase64Encoded": true})));
        assert!(matches!(broken, Err(EventError::Encoding(_))));
    }

    #[test]
    fn no_path_makes_it_panic() {
        for path in ["", "users", "//", "/\u{0}", "http://x/", "*", "%", "/%zz"] {
            let _ = into_request(event(&json!({ "path": path })));
        }
    }
}
