//! Any event → an answer of the contract, or a refusal of the event; never a panic.
//!
//! `cargo fuzz run --sanitizer none --fuzz-dir handler/fuzz event`. The table behind the function is a stub that
//! responds with whatever the input says: the fuzzer searches in front of it.

#![no_main]

use std::cell::Cell;
use std::time::{Duration, SystemTime};

use arbitrary::Arbitrary;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use lambda_runtime::{Context, LambdaEvent};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};
use umb_handler::lambda::{EventError, handle};
use umb_handler::http::router;
use umb_handler::store::Store;

/// The statuses of the contract, and those of a front without a gateway.
const STATUSES: [i64; 12] = [200, 201, 304, 400, 404, 405, 409, 412, 413, 415, 500, 503];

thread_local! {
    /// The table's response.
    static TABLE: Cell<Table> = const { Cell::new(Table::Fine) };
    static RUNTIME: Runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
}

#[derive(Debug, Clone, Copy, Arbitrary)]
enum Table {
    Fine,
    Empty,
    Unmet,
    Refused,
}

#[derive(Debug, Arbitrary)]
enum Event {
    /// Whatever JSON the bytes are.
    Json(Vec<u8>),
    /// A proxy event.
    Proxy {
        method: Method,
        path: String,
        is_of_user: bool,
        query: Vec<(String, String)>,
        headers: Vec<(Header, String)>,
        body: Body,
        is_base64: bool,
    },
}

#[derive(Debug, Arbitrary)]
enum Body {
    None,
    Text(String),
    Document(Vec<(String, Json)>),
    User(String, Vec<(String, Json)>),
}

/// A JSON value, whose text may be no good: names may be there twice, numbers out of range.
#[derive(Debug, Arbitrary)]
enum Json {
    Null,
    Bool(bool),
    Integer(i128),
    Scientific(i64, i16),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    fn text(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Bool(value) => value.to_string(),
            Self::Integer(value) => value.to_string(),
            Self::Scientific(digits, exponent) => format!("{digits}e{exponent}"),
            Self::Text(text) => Value::from(text.as_str()).to_string(),
            Self::List(values) => {
                let values: Vec<_> = values.iter().map(Self::text).collect();
                format!("[{}]", values.join(","))
            }
            Self::Object(members) => object(members),
        }
    }
}

fn object(members: &[(String, Json)]) -> String {
    let member =
        |(name, value): &(String, Json)| format!("{}:{}", Value::from(name.as_str()), value.text());
    format!(
        "{{{}}}",
        members.iter().map(member).collect::<Vec<_>>().join(",")
    )
}

impl Body {
    fn text(self) -> Option<String> {
        match self {
            Self::None => None,
            Self::Text(text) => Some(text),
            Self::Document(members) => Some(object(&members)),
            Self::User(username, mut members) => {
                members.push(("username".to_owned(), Json::Text(username)));
                Some(object(&members))
            }
        }
    }
}

#[derive(Debug, Arbitrary)]
enum Method {
    Get,
    Post,
    Put,
    Delete,
    Other(String),
}

#[derive(Debug, Arbitrary)]
enum Header {
    Json,
    IfMatch,
    IfNoneMatch,
    Other(String),
}

#[derive(Debug, Arbitrary)]
struct Input {
    event: Event,
    table: Table,
}

impl Event {
    fn json(self) -> Option<Value> {
        let (method, path, query, headers, body, is_base64) = match self {
            Self::Json(bytes) => return serde_json::from_slice(&bytes).ok(),
            Self::Proxy {
                method,
                path,
                is_of_user,
                query,
                headers,
                body,
                is_base64,
            } => {
                let prefix = if is_of_user { "/users/" } else { "/users" };
                (
                    method,
                    format!("{prefix}{path}"),
                    query,
                    headers,
                    body,
                    is_base64,
                )
            }
        };
        let method = match method {
            Method::Get => "GET".to_owned(),
            Method::Post => "POST".to_owned(),
            Method::Put => "PUT".to_owned(),
            Method::Delete => "DELETE".to_owned(),
            Method::Other(other) => format!("X{}", letters(&other)),
        };
        let mut all = json!({});
        for (name, value) in headers {
            let (name, value) = match name {
                Header::Json => ("Content-Type".to_owned(), "application/json".to_owned()),
                Header::IfMatch => ("If-Match".to_owned(), visible(&value)),
                Header::IfNoneMatch => ("If-None-Match".to_owned(), visible(&value)),
                Header::Other(name) => (format!("X-{}", letters(&name)), visible(&value)),
            };
            all[name] = json!([value]);
        }
        let query: Value = query
            .into_iter()
            .map(|(name, value)| (name, json!([value])))
            .collect();
        Some(json!({
            "resource": "/{proxy+}", "path": path, "httpMethod": method,
            "multiValueHeaders": all, "multiValueQueryStringParameters": query,
            "requestContext": {
                "accountId": "111111111111", "apiId": "a", "httpMethod": method, "path": "/v1",
                "identity": {"sourceIp": "127.0.0.1", "userArn": null}, "requestId": "r",
                "requestTimeEpoch": 1_583_348_638_390_i64, "stage": "v1",
            },
            "body": body.text(), "isBase64Encoded": is_base64,
        }))
    }
}

/// What of `text` a header's name or a method may be.
fn letters(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).collect()
}

/// What of `text` a header's value may be.
fn visible(text: &str) -> String {
    text.chars().filter(char::is_ascii_graphic).collect()
}

/// DynamoDB's responses.
#[derive(Debug)]
struct Stub;

impl HttpConnector for Stub {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let item = json!({"username": {"S": "john"}, "n": {"N": "1.5"}, "$revision": {"S": "r"}});
        let target = request
            .headers()
            .get("x-amz-target")
            .unwrap_or_default()
            .to_owned();
        let error = |code: &str| {
            let kind = format!("com.amazonaws.dynamodb.v20120810#{code}");
            (400_u16, json!({"__type": kind, "message": "no"}))
        };
        let (status, body) = match TABLE.get() {
            Table::Unmet => error("ConditionalCheckFailedException"),
            Table::Refused => error("ResourceNotFoundException"),
            Table::Empty => (200, json!({})),
            Table::Fine if target.ends_with("Scan") => (200, json!({"Items": [item]})),
            Table::Fine => (200, json!({"Item": item, "Attributes": item})),
        };
        let status = status.try_into().expect("a status");
        HttpConnectorFuture::ready(Ok(HttpResponse::new(
            status,
            SdkBody::from(body.to_string()),
        )))
    }
}

fuzz_target!(|input: Input| {
    let is_proxy = matches!(input.event, Event::Proxy { .. });
    let Some(event) = input.event.json() else {
        return;
    };
    TABLE.set(input.table);
    let connector = SharedHttpConnector::new(Stub);
    let store = Store::embedded(http_client_fn(move |_, _| connector.clone()), "T");
    let mut context = Context::default();
    let deadline = SystemTime::now() + Duration::from_secs(10);
    let since = deadline
        .duration_since(SystemTime::UNIX_EPOCH)
        .expect("later");
    context.deadline = u64::try_from(since.as_millis()).expect("in range");
    let answered = RUNTIME
        .with(|runtime| runtime.block_on(handle(router(store), LambdaEvent::new(event, context))));
    let answer = match answered {
        Ok(answer) => answer,
        // What a REST API would not send at all.
        Err(EventError::Request(_) | EventError::Encoding(_)) => return,
        Err(error) => {
            assert!(!is_proxy, "{error}");
            return;
        }
    };
    assert!(STATUSES.contains(&answer.status_code), "{answer:?}");
    let answer = serde_json::to_value(&answer).expect("a proxy response");
    let header = |name: &str| answer["headers"][name].as_str().unwrap_or_default();
    assert_eq!(header("x-request-id"), "r", "{answer}");
    let body = answer["body"].as_str().unwrap_or_default();
    match answer["statusCode"].as_i64() {
        Some(304) => assert_eq!(body, "", "{answer}"),
        Some(..400) => assert_eq!(header("content-type"), "application/json", "{answer}"),
        _ => assert_eq!(
            header("content-type"),
            "application/problem+json",
            "{answer}"
        ),
    }
    assert!(
        body.is_empty() || serde_json::from_str::<Value>(body).is_ok(),
        "{answer}"
    );
});
