//! The API itself: which request does what to which user.
//!
//! [`router`] is the one implementation behind every front. A front puts a [`RequestId`] into the
//! request's extensions; the response returns it as `x-request-id`.

use std::io;
use std::time::Instant;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{DefaultBodyLimit, MatchedPath, Path, RawQuery, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64_URL;
use http::header::{CONTENT_TYPE, ETAG, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use struson::writer::JsonWriter as _;
use tracing::Instrument as _;

use crate::contract::{DEFAULT_PAGE, MAX_PAGE, MIN_PAGE};
use crate::json::{self, Writer};
use crate::revision::Precondition;
use crate::store::{Store, StoreError};
use crate::user::{Changes, User, Username};

use super::preconditions::{is_known, precondition};
use super::problem::Problem;

/// The largest request body in bytes: what Lambda accepts of one synchronous call.
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>.
pub const MAX_BODY: usize = 6 * 1024 * 1024;
/// The header that returns the request's ID.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The characters that a path segment keeps literally: RFC 3986's unreserved ones.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The ID by which a request is found in logs.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// Escapes `text` as one segment of a URL's path.
fn path_segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// The API on `store`.
pub fn router(store: Store) -> Router {
    Router::new()
        .route("/users", get(list).post(create))
        .route("/users/{username}", get(read).put(update).delete(delete))
        .fallback(async || Problem::no_such_path())
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn(observe))
        .with_state(store)
}

async fn create(
    State(store): State<Store>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let user = User::from_json(&json_body(&headers, body)?).map_err(Problem::invalid_body)?;
    store
        .create(&user)
        .await
        .map_err(|error| refused(&error, user.username()))?;
    // Relative to the request's own URL, so it holds behind any stage, host or base path.
    let location = format!("users/{}", path_segment(user.username().as_str()));
    Ok((StatusCode::CREATED, [(LOCATION, location)], whole(&user)).into_response())
}

async fn read(
    State(store): State<Store>,
    username: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let username = username_in_path(username)?;
    let user = store
        .get(&username)
        .await
        .map_err(|error| refused(&error, &username))?;
    if is_known(&headers, user.revision())? {
        return Ok((StatusCode::NOT_MODIFIED, etag(&user)).into_response());
    }
    Ok(whole(&user))
}

async fn update(
    State(store): State<Store>,
    username: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let username = username_in_path(username)?;
    let precondition = precondition(&headers)?;
    let changes = Changes::from_json(&json_body(&headers, body)?, &username)
        .map_err(Problem::invalid_body)?;
    if precondition == Precondition::Absent {
        return create_here(&store, changes.into_user(username)).await;
    }
    let user = store
        .update(&username, changes, &precondition)
        .await
        .map_err(|error| refused(&error, &username))?;
    Ok(whole(&user))
}

/// Creates a user at the request's own URL.
async fn create_here(store: &Store, user: User) -> Result<Response, Problem> {
    match store.create(&user).await {
        Ok(()) => Ok((StatusCode::CREATED, whole(&user)).into_response()),
        // The precondition was that it does not exist.
        Err(StoreError::AlreadyExists) => {
            let unmet = StoreError::PreconditionFailed;
            Err(Problem::about_user(&unmet, user.username()))
        }
        Err(error) => Err(refused(&error, user.username())),
    }
}

async fn delete(
    State(store): State<Store>,
    username: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let username = username_in_path(username)?;
    let precondition = precondition(&headers)?;
    if precondition == Precondition::Absent {
        return Err(Problem::invalid_request(
            "If-None-Match is not supported where a user is deleted",
        ));
    }
    store
        .delete(&username, &precondition)
        .await
        .map_err(|error| refused(&error, &username))?;
    Ok(json(|writer| {
        writer.begin_object()?;
        writer.name("message")?;
        writer.string_value(&format!("User {username} was deleted"))?;
        writer.end_object()
    }))
}

async fn list(State(store): State<Store>, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    let (limit, after) = page_in_query(query.as_deref().unwrap_or_default())?;
    let page = store.list(limit, after).await.map_err(|error| {
        log_failure(&error);
        Problem::from_store(&error)
    })?;
    Ok(json(|writer| {
        writer.begin_object()?;
        writer.name("users")?;
        writer.begin_array()?;
        for user in &page.users {
            user.write(writer)?;
        }
        writer.end_array()?;
        if let Some(last) = &page.last {
            // Opaque to clients: the name after which the next page starts. A value that a client makes up is read as
            // a name, and can only start a page elsewhere in the same table.
            writer.name("next")?;
            writer.string_value(&BASE64_URL.encode(last.as_str()))?;
        }
        writer.end_object()
    }))
}

#[derive(Deserialize)]
struct PageQuery {
    limit: Option<String>,
    next: Option<String>,
}

fn page_in_query(query: &str) -> Result<(u16, Option<Username>), Problem> {
    let query: PageQuery = serde_urlencoded::from_str(query)
        .map_err(|_| Problem::invalid_request("The query parameters are not valid"))?;
    let limit = match query.limit {
        None => DEFAULT_PAGE,
        Some(text) => text
            .parse()
            .ok()
            .filter(|limit| (MIN_PAGE..=MAX_PAGE).contains(limit))
            .ok_or_else(|| {
                Problem::invalid_request(format!(
                    "limit must be a whole number, {MIN_PAGE} to {MAX_PAGE}"
                ))
            })?,
    };
    let after = query
        .next
        .map(|token| {
            BASE64_URL
                .decode(token)
                .ok()
                .and_then(|bytes| String::from_utf8(bytes).ok())
                .and_then(|text| Username::parse(text).ok())
                .ok_or_else(|| {
                    Problem::invalid_request(
                        "next must be the value that the previous page returned",
                    )
                })
        })
        .transpose()?;
    Ok((limit, after))
}

fn username_in_path(path: Result<Path<String>, PathRejection>) -> Result<Username, Problem> {
    let Path(text) =
        path.map_err(|_| Problem::invalid_request("The username in the path is not UTF-8 text"))?;
    Username::parse(text)
        .map_err(|detail| Problem::invalid_request(format!("The username in the path {detail}")))
}

/// Returns the body of a request that declares it as JSON. The declaration is required because a browser lets any page
/// send other types to any address without asking first (CORS, "simple requests").
fn json_body(headers: &HeaderMap, body: Result<Bytes, BytesRejection>) -> Result<Bytes, Problem> {
    let declared = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"));
    if !declared {
        return Err(Problem::unsupported_media_type());
    }
    body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::too_large(format!("A request body is at most {MAX_BODY} bytes"))
        }
        _ => Problem::invalid_request("The request body could not be read"),
    })
}

/// Responds with a user and its entity tag.
fn whole(user: &User) -> Response {
    (etag(user), json(|writer| user.write(writer))).into_response()
}

fn etag(user: &User) -> [(HeaderName, String); 1] {
    [(ETAG, user.revision().entity_tag())]
}

fn json(write: impl FnOnce(&mut Writer) -> io::Result<()>) -> Response {
    match json::document(write) {
        Ok(body) => ([(CONTENT_TYPE, "application/json")], body).into_response(),
        Err(_) => Problem::from_store(&StoreError::Failed {
            code: "Unserializable".to_owned(),
        })
        .into_response(),
    }
}

fn refused(error: &StoreError, username: &Username) -> Problem {
    log_failure(error);
    Problem::about_user(error, username)
}

fn log_failure(error: &StoreError) {
    if let StoreError::Failed { code } = error {
        tracing::error!(code, "the table failed");
    }
}

/// Logs each request, by route and never by path: a username is personal data.
async fn observe(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("-", MatchedPath::as_str)
        .to_owned();
    let id = request.extensions().get::<RequestId>().cloned();
    let id = id.map(|RequestId(id)| id).unwrap_or_default();
    let span = tracing::info_span!("request", id);
    let mut response = next.run(request).instrument(span.clone()).await;
    let _entered = span.enter();
    tracing::info!(
        %method,
        route,
        status = response.status().as_u16(),
        duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        "request"
    );
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}
