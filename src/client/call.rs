//! A request to the API, and its response.

use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::error::{Error, refusal};

/// The characters that a path segment keeps literally: RFC 3986's unreserved ones.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Escapes `text` as one segment of a URL's path, or as a value in its query.
pub(super) fn path_segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// A request, not yet sent.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(super) method: Method,
    /// Relative to the API's address, escaped, with its query.
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    /// JSON text.
    pub(super) body: Option<String>,
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

    pub(crate) fn method(&self) -> &Method {
        &self.method
    }

    /// Adds a body, which is JSON text.
    pub(crate) fn body(mut self, body: impl Into<String>) -> Self {
        self.body = Some(body.into());
        self.header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
    }

    /// Adds a header.
    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Returns curl's arguments for it, quoted for a shell.
    pub(super) fn curl(&self, base: &str) -> Vec<String> {
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

/// Quotes `text` as one word of a shell. No part of a request can contain NUL, which no shell can.
fn quoted(text: &str) -> String {
    shlex::try_quote(text).unwrap_or_default().into_owned()
}

/// A response.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// The body: JSON text, exactly as it came.
    pub(crate) body: String,
}

impl Answer {
    /// Returns a header's value, if it is text.
    pub(crate) fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Returns the response if it is successful.
    ///
    /// # Errors
    /// What it means if it is not.
    pub(crate) fn successful(self) -> Result<Self, Error> {
        if (200..300).contains(&self.status) {
            Ok(self)
        } else {
            Err(refusal(self.status, &self.body))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_username_is_one_segment() {
        assert_eq!(path_segment("a b/ü?#%"), "a%20b%2F%C3%BC%3F%23%25");
    }
}
