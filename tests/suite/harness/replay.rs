//! AWS as documented, for what no emulator does: a server with prepared responses.

use std::collections::BTreeMap;
use std::io::{BufReader, ErrorKind, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;

use serde_json::Value;

use super::aws_model::Sent;
use super::recorder::{read_body, read_head, record};

/// A request, as far as responses depend on it.
pub struct Request {
    pub method: String,
    pub path: String,
    /// What the JSON protocol calls, e.g. `CodePipeline_20150709.ListPipelines`.
    pub target: String,
    /// The body as text: for the query protocol, `Action=…&…`.
    pub body: String,
    headers: BTreeMap<String, String>,
    bytes: Vec<u8>,
}

impl Request {
    pub(super) fn new(sent: &Sent) -> Self {
        Self {
            method: sent.method.clone(),
            path: sent.target.clone(),
            target: sent
                .headers
                .get("x-amz-target")
                .cloned()
                .unwrap_or_default(),
            body: String::from_utf8_lossy(&sent.body).into_owned(),
            headers: sent.headers.clone(),
            bytes: sent.body.clone(),
        }
    }

    /// A header, by its name in lower case; empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// Whether it calls this action of the query protocol.
    pub fn is(&self, action: &str) -> bool {
        self.body.starts_with(&format!("Action={action}&"))
    }

    /// What it calls, in whichever protocol.
    pub fn operation(&self) -> String {
        let query = self.body.strip_prefix("Action=");
        let named = match query.and_then(|rest| rest.split('&').next()) {
            Some(action) => action,
            None if self.target.is_empty() => self.path.rsplit('/').next().unwrap_or_default(),
            None => self.target.rsplit('.').next().unwrap_or_default(),
        };
        named.to_owned()
    }

    /// The body of the CBOR protocol: <https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html>.
    pub fn cbor(&self) -> Value {
        ciborium::from_reader(&*self.bytes).unwrap()
    }
}

/// A response.
pub struct Reply {
    status: u16,
    headers: &'static str,
    body: Vec<u8>,
    /// Whether the body is the whole response, with its head.
    is_whole: bool,
}

impl From<(u16, String)> for Reply {
    fn from((status, text): (u16, String)) -> Self {
        Self {
            status,
            headers: "Content-Type: text/xml\r\n",
            body: text.into_bytes(),
            is_whole: false,
        }
    }
}

impl Reply {
    /// In the JSON protocol.
    pub fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            headers: "Content-Type: application/x-amz-json-1.1\r\n",
            body: body.to_string().into_bytes(),
            is_whole: false,
        }
    }

    /// An error of the query protocol.
    pub fn query_error(code: &str, message: &str) -> Self {
        let error = format!("<Code>{code}</Code><Message>{message}</Message>");
        Self::from((
            400,
            format!("<ErrorResponse><Error>{error}</Error></ErrorResponse>"),
        ))
    }

    /// Of an API: <https://www.rfc-editor.org/rfc/rfc9457>.
    pub fn problem(status: u16, body: &Value) -> Self {
        Self {
            headers: "Content-Type: application/problem+json\r\nRetry-After: 1\r\n",
            ..Self::json(status, body)
        }
    }

    /// An object of S3.
    pub fn bytes(body: &[u8]) -> Self {
        Self {
            status: 200,
            headers: "Content-Type: application/octet-stream\r\n",
            body: body.to_vec(),
            is_whole: false,
        }
    }

    /// In the CBOR protocol.
    pub fn cbor(status: u16, body: &Value) -> Self {
        let mut bytes = Vec::new();
        ciborium::into_writer(body, &mut bytes).unwrap();
        Self {
            status,
            headers: "Content-Type: application/cbor\r\nsmithy-protocol: rpc-v2-cbor\r\n",
            body: bytes,
            is_whole: false,
        }
    }

    /// A response that came from a server.
    pub fn whole(response: Vec<u8>) -> Self {
        Self {
            status: 200,
            headers: "",
            body: response,
            is_whole: true,
        }
    }
}

impl Reply {
    pub(super) fn write(&self, mut connection: &TcpStream) -> std::io::Result<()> {
        let Self {
            status,
            headers,
            body,
            is_whole,
        } = self;
        if *is_whole {
            return connection.write_all(body);
        }
        write!(
            connection,
            "HTTP/1.1 {status} Replayed\r\n{headers}Connection: close\r\nContent-Length: {}\r\n\r\n",
            body.len()
        )?;
        connection.write_all(body)
    }
}

/// Serves on loopback, as long as the tests run, and returns its address.
pub fn replay<R: Into<Reply>>(mut answer: impl FnMut(&Request) -> R + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            // A client may close the connection early.
            let _ = serve(&connection, |request| answer(request).into());
        }
    });
    endpoint
}

/// One request and its response: the connection ends with it.
fn serve(connection: &TcpStream, answer: impl FnOnce(&Request) -> Reply) -> std::io::Result<()> {
    let mut reader = BufReader::new(connection);
    let (mut sent, _) = read_head(&mut reader)?.ok_or(ErrorKind::UnexpectedEof)?;
    read_body(&mut reader, &mut sent)?;
    let _ = record(&sent);
    answer(&Request::new(&sent)).write(connection)
}
