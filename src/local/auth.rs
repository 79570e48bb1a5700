//! Imitates AWS_IAM authorization: only requests that are signed with the local stage's own key are accepted
//! (SigV4, <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>).

use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use fs_err as fs;
use fs_err::os::unix::fs::OpenOptionsExt as _;
use http::header::{AUTHORIZATION, HOST};
use http::{HeaderName, request::Parts};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use umb_handler::http::{MAX_BODY, Problem, REQUEST_ID, RequestId};
use uuid::Uuid;

/// How far a request's time may differ from this machine's.
const SKEW: Duration = Duration::from_mins(5);
const ALGORITHM: &str = "AWS4-HMAC-SHA256 ";
const DATE: HeaderName = HeaderName::from_static("x-amz-date");
const SERVICE: &str = "execute-api";

/// The access key of a local stage.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) secret: String,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Key({}, ****)", self.id)
    }
}

impl Key {
    /// Reads the key from the file `path`, which has the form of AWS's shared credentials file.
    pub(super) fn read(path: &Path) -> Option<Self> {
        let text = fs::read_to_string(path).ok()?;
        let value = |name: &str| {
            let lines = text.lines().filter_map(|line| line.split_once('='));
            let mut values = lines.filter(|(key, _)| key.trim() == name);
            values.next().map(|(_, value)| value.trim().to_owned())
        };
        Some(Self {
            id: value("aws_access_key_id")?,
            secret: value("aws_secret_access_key")?,
        })
    }

    /// Reads the key, or creates it, readable for this user only.
    pub(super) fn read_or_create(path: &Path) -> std::io::Result<Self> {
        if let Some(key) = Self::read(path) {
            return Ok(key);
        }
        let random = || Uuid::new_v4().simple().to_string();
        let key = Self {
            id: format!("LOCAL{}", &random().to_uppercase()[..15]),
            secret: random() + &random(),
        };
        let mut options = fs::OpenOptions::new();
        let options = options.create(true).truncate(true).write(true).mode(0o600);
        write!(
            options.open(path)?,
            "[default]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
            key.id,
            key.secret
        )?;
        Ok(key)
    }
}

/// Passes on a request that is signed with `key`, and refuses any other.
pub(super) async fn authenticate(key: Key, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let id = parts.extensions.get::<RequestId>().cloned();
    let refused = |problem: Problem| {
        let id = id.map(|RequestId(id)| [(REQUEST_ID, id)]);
        (id, problem).into_response()
    };
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return refused(Problem::too_large(format!(
            "A request body is at most {MAX_BODY} bytes"
        )));
    };
    match check(&key, &parts, &body, SystemTime::now()) {
        Ok(()) => next.run(Request::from_parts(parts, Body::from(body))).await,
        Err(problem) => refused(problem),
    }
}

/// The header `Authorization` of a signed request.
struct AuthorizationHeader<'a> {
    id: &'a str,
    region: &'a str,
    signed_headers: Vec<&'a str>,
    signature: &'a str,
}

impl<'a> AuthorizationHeader<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut fields = text.strip_prefix(ALGORITHM)?.split(',').map(str::trim);
        let mut field = |name: &str| fields.next()?.strip_prefix(name)?.strip_prefix('=');
        let scope: Vec<_> = field("Credential")?.split('/').collect();
        let [id, _date, region, SERVICE, "aws4_request"] = scope[..] else {
            return None;
        };
        Some(Self {
            id,
            region,
            signed_headers: field("SignedHeaders")?.split(';').collect(),
            signature: field("Signature")?,
        })
    }
}

fn check(key: &Key, parts: &Parts, body: &[u8], now: SystemTime) -> Result<(), Problem> {
    let Some(value) = parts.headers.get(AUTHORIZATION) else {
        return Err(Problem::missing_authentication_token());
    };
    let header = value.to_str().ok().and_then(AuthorizationHeader::parse);
    let header = header.ok_or_else(|| {
        Problem::access_denied("Authorization header is not a signature (SigV4) for execute-api")
    })?;
    if header.id != key.id {
        return Err(Problem::access_denied(
            "The security token included in the request is invalid.",
        ));
    }
    let at = time(parts).ok_or_else(|| Problem::access_denied("Date must be in x-amz-date"))?;
    let age = now
        .duration_since(at)
        .unwrap_or_else(|early| early.duration());
    if age > SKEW {
        return Err(Problem::invalid_signature("Signature expired"));
    }
    let expected = signature(key, parts, body, &header, at);
    // The host must be signed, or the request could be meant for another server.
    if header.signed_headers.contains(&HOST.as_str())
        && expected.as_deref() == Some(header.signature)
    {
        Ok(())
    } else {
        Err(Problem::invalid_signature(
            "The request signature we calculated does not match the signature you provided.",
        ))
    }
}

/// Returns when the request says that it was signed: `20261124T201857Z`.
fn time(parts: &Parts) -> Option<SystemTime> {
    let text = parts.headers.get(DATE)?.to_str().ok()?;
    let utc = DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    SystemTime::try_from(TimeZone::UTC.to_timestamp(utc).ok()?).ok()
}

/// Returns the signature of the request as it arrived.
fn signature(
    key: &Key,
    parts: &Parts,
    body: &[u8],
    header: &AuthorizationHeader,
    at: SystemTime,
) -> Option<String> {
    let identity = Credentials::new(&key.id, &key.secret, None, None, "local").into();
    let mut settings = SigningSettings::default();
    // Exactly the headers that the request lists.
    settings.excluded_headers = None;
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(header.region)
        .name(SERVICE)
        .time(at)
        .settings(settings)
        .build()
        .ok()?
        .into();
    let mut headers = Vec::new();
    for name in &header.signed_headers {
        let value = parts.headers.get(*name)?.to_str().ok()?;
        if *name != DATE.as_str() {
            headers.push((*name, value));
        }
    }
    let host = parts.headers.get(HOST)?.to_str().ok()?;
    let url = format!("http://{host}{}", parts.uri.path_and_query()?);
    let signable = SignableRequest::new(
        parts.method.as_str(),
        &url,
        headers.into_iter(),
        SignableBody::Bytes(body),
    );
    let (_, signature) = sign(signable.ok()?, &parameters).ok()?.into_parts();
    Some(signature)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_created_once_and_for_its_user_alone() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("credentials");
        assert_eq!(Key::read(&path), None);
        let key = Key::read_or_create(&path).expect("made");
        assert_eq!(Key::read_or_create(&path).expect("read"), key);
        let mode = fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(!format!("{key:?}").contains(&key.secret));
    }

    #[test]
    fn what_is_not_a_signature_is_refused() {
        let right = "AWS4-HMAC-SHA256 Credential=A/20260101/r/execute-api/aws4_request, SignedHeaders=host;x-amz-date, Signature=0";
        let header = AuthorizationHeader::parse(right).expect("a signature");
        assert_eq!(
            (header.id, header.region, header.signature),
            ("A", "r", "0")
        );
        for (from, to) in [
            ("AWS4-HMAC-SHA256 ", "Basic "),
            ("execute-api", "s3"),
            ("/aws4_request", ""),
            ("SignedHeaders=", "Headers="),
            (", Signature=0", ""),
        ] {
            assert!(
                AuthorizationHeader::parse(&right.replace(from, to)).is_none(),
                "{to}"
            );
        }
    }
}
