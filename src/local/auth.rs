//! IAM's part at API Gateway, imitated: only requests that are signed with the local stage's own key are let
//! in (SigV4, <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>).

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_types::DateTime;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header::{AUTHORIZATION, HOST};
use http::{HeaderName, request::Parts};
use umb_handler::problem::Problem;
use umb_handler::router::{MAX_BODY, REQUEST_ID, RequestId};
use uuid::Uuid;

/// How far a request's time may be from this machine's.
const SKEW: Duration = Duration::from_mins(5);
const ALGORITHM: &str = "AWS4-HMAC-SHA256 ";
const DATE: HeaderName = HeaderName::from_static("x-amz-date");
const SERVICE: &str = "execute-api";

/// The access key that opens a local stage.
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
    /// The key in the file `path`, which has the form of AWS's shared credentials file.
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

    /// The same, made and kept for this user alone if there is none.
    pub(super) fn read_or_make(path: &Path) -> std::io::Result<Self> {
        if let Some(key) = Self::read(path) {
            return Ok(key);
        }
        let random = || Uuid::new_v4().simple().to_string();
        let key = Self {
            id: format!("LOCAL{}", &random().to_uppercase()[..15]),
            secret: random() + &random(),
        };
        let mut options = fs::File::options();
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

/// Lets a request through that is signed with `key`.
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

/// What the header `Authorization` of a signed request says.
struct Claim<'a> {
    id: &'a str,
    region: &'a str,
    signed_headers: Vec<&'a str>,
    signature: &'a str,
}

impl<'a> Claim<'a> {
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
    let Some(header) = parts.headers.get(AUTHORIZATION) else {
        return Err(Problem::missing_authentication_token());
    };
    let claim = header.to_str().ok().and_then(Claim::parse);
    let claim = claim.ok_or_else(|| {
        Problem::access_denied("Authorization header is no signature (SigV4) for execute-api")
    })?;
    if claim.id != key.id {
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
    let expected = signature(key, parts, body, &claim, at);
    // The host must be among the signed headers, or the request could be meant for somebody else.
    if claim.signed_headers.contains(&HOST.as_str()) && expected.as_deref() == Some(claim.signature)
    {
        Ok(())
    } else {
        Err(Problem::invalid_signature(
            "The request signature we calculated does not match the signature you provided.",
        ))
    }
}

/// When the request says that it was signed: `20261124T201857Z`.
fn time(parts: &Parts) -> Option<SystemTime> {
    let text = parts.headers.get(DATE)?.to_str().ok()?;
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    if !(date.len() == 8 && time.len() == 6 && text.is_ascii()) {
        return None;
    }
    let rfc3339 = format!(
        "{}-{}-{}T{}:{}:{}Z",
        &date[..4],
        &date[4..6],
        &date[6..],
        &time[..2],
        &time[2..4],
        &time[4..]
    );
    let format = aws_smithy_types::date_time::Format::DateTime;
    SystemTime::try_from(DateTime::from_str(&rfc3339, format).ok()?).ok()
}

/// The signature that the request has if it is as it was signed.
fn signature(
    key: &Key,
    parts: &Parts,
    body: &[u8],
    claim: &Claim,
    at: SystemTime,
) -> Option<String> {
    let identity = Credentials::new(&key.id, &key.secret, None, None, "local").into();
    let mut settings = SigningSettings::default();
    // Exactly the headers that the request says.
    settings.excluded_headers = None;
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(claim.region)
        .name(SERVICE)
        .time(at)
        .settings(settings)
        .build()
        .ok()?
        .into();
    let mut headers = Vec::new();
    for name in &claim.signed_headers {
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
    fn a_key_is_made_once_and_for_its_user_alone() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("credentials");
        assert_eq!(Key::read(&path), None);
        let key = Key::read_or_make(&path).expect("made");
        assert_eq!(Key::read_or_make(&path).expect("read"), key);
        let mode = fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(!format!("{key:?}").contains(&key.secret));
    }

    #[test]
    fn what_is_no_signature_is_no_claim() {
        let right = "AWS4-HMAC-SHA256 Credential=A/20260101/r/execute-api/aws4_request, SignedHeaders=host;x-amz-date, Signature=0";
        let claim = Claim::parse(right).expect("a claim");
        assert_eq!((claim.id, claim.region, claim.signature), ("A", "r", "0"));
        for (from, to) in [
            ("AWS4-HMAC-SHA256 ", "Basic "),
            ("execute-api", "s3"),
            ("/aws4_request", ""),
            ("SignedHeaders=", "Headers="),
            (", Signature=0", ""),
        ] {
            assert!(Claim::parse(&right.replace(from, to)).is_none(), "{to}");
        }
    }
}
