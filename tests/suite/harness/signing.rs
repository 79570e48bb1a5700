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
    let caller = Caller {
        credentials: Credentials::new(id, secret, None, None, "test"),
        region: "eu-west-1".to_owned(),
    };
    let headers = caller.signature(method, url, b"", at);
    request(method, url, &borrowed(&headers), None).unwrap()
}

/// Who calls an API, and where it is.
pub struct Caller {
    pub credentials: Credentials,
    pub region: String,
}

impl Caller {
    /// Sends a request, signed as of now.
    pub fn send(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Result<Answer, ureq::Error> {
        let signature = self.signature(method, url, body.unwrap_or_default(), SystemTime::now());
        let headers = [&borrowed(&signature)[..], headers].concat();
        request(method, url, &headers, body)
    }

    /// The headers that sign a request.
    fn signature(
        &self,
        method: &str,
        url: &str,
        body: &[u8],
        at: SystemTime,
    ) -> Vec<(String, String)> {
        let identity = self.credentials.clone().into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("execute-api")
            .time(at)
            .settings(SigningSettings::default())
            .build()
            .unwrap()
            .into();
        let body = SignableBody::Bytes(body);
        let signable = SignableRequest::new(method, url, std::iter::empty(), body).unwrap();
        let (instructions, _) = sign(signable, &parameters).unwrap().into_parts();
        let headers = instructions.headers();
        headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }
}

fn borrowed(headers: &[(String, String)]) -> Vec<(&str, &str)> {
    let headers = headers.iter();
    headers
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}
