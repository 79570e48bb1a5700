//! Signed requests to an API, as callers other than umb send them.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;

use super::{Answer, request};

/// An access key: its id and its secret.
pub type Key = (String, String);

/// A request signed with `key` (SigV4, service `execute-api`) at that time, without a body.
pub fn signed(method: &str, url: &str, (id, secret): &Key, at: SystemTime) -> Answer {
    let identity = Credentials::new(id, secret, None, None, "test").into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region("eu-west-1")
        .name("execute-api")
        .time(at)
        .settings(SigningSettings::default())
        .build()
        .unwrap()
        .into();
    let empty = SignableBody::Bytes(b"");
    let signable = SignableRequest::new(method, url, std::iter::empty(), empty).unwrap();
    let (instructions, _) = sign(signable, &parameters).unwrap().into_parts();
    let headers: Vec<_> = instructions.headers().collect();
    request(method, url, &headers, None).unwrap()
}
