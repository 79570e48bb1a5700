//! AWS as documented, for what no emulator does: a server that gives prepared answers.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;

/// A request, as far as answers depend on it.
pub struct Request {
    pub method: String,
    /// The body: for the query protocol, `Action=…&…`.
    pub body: String,
}

impl Request {
    /// Whether it calls this action of the query protocol.
    pub fn is(&self, action: &str) -> bool {
        self.body.starts_with(&format!("Action={action}&"))
    }
}

/// Serves on loopback, as long as the tests run, and answers its address.
pub fn replay(mut answer: impl FnMut(&Request) -> (u16, String) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            // A client that goes away in the middle has nothing to be told.
            let _ = serve(&connection, &mut answer);
        }
    });
    endpoint
}

/// One request and its answer: the connection ends with it.
fn serve(
    mut connection: &TcpStream,
    answer: &mut impl FnMut(&Request) -> (u16, String),
) -> std::io::Result<()> {
    let mut reader = BufReader::new(connection);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let method = line.split(' ').next().unwrap_or_default().to_owned();
    let mut length = 0;
    while line.trim() != "" {
        line.clear();
        reader.read_line(&mut line)?;
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let request = Request {
        method,
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    let (status, text) = answer(&request);
    write!(
        connection,
        "HTTP/1.1 {status} Replayed\r\nContent-Type: text/xml\r\nConnection: close\r\n\
         Content-Length: {}\r\n\r\n{text}",
        text.len()
    )
}
