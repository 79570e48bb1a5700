//! Stands before every peer: records each request that is meant for AWS, and refuses what AWS's own model does not allow.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{LazyLock, Mutex};
use std::thread;

use super::aws_model::{Sent, check};

/// Where requests are recorded, one on a line: `dynamodb.GetItem`, or `refused` and why.
const RECORD: &str = "requests.txt";

/// What no model allows, and no test has failed for yet.
static REFUSED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// A recorder that listens, and serves as long as the tests run.
pub struct Recorder {
    /// Its address, without a slash at the end.
    pub endpoint: String,
    listener: TcpListener,
}

impl Recorder {
    pub fn bind() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        Self {
            endpoint: format!("http://{}", listener.local_addr().unwrap()),
            listener,
        }
    }

    /// Forwards to `peer`, an address without a slash at the end.
    pub fn serve(self, peer: &str) {
        let peer = peer.trim_start_matches("http://").to_owned();
        thread::spawn(move || {
            for client in self.listener.incoming().flatten() {
                let peer = peer.clone();
                thread::spawn(move || {
                    // Either side may close the connection early.
                    let _ = forward(&client, &peer);
                    let _ = client.shutdown(Shutdown::Both);
                });
            }
        });
    }
}

/// Fails the test if a request was refused since the last time: whatever else it shows, umb has sent what AWS would not
/// take. The request may be that of a test that runs at the same time.
#[track_caller]
pub fn assert_nothing_refused() {
    let refused = std::mem::take(&mut *REFUSED.lock().unwrap());
    assert!(
        refused.is_empty(),
        "AWS's models do not allow: {refused:#?}"
    );
}

/// Holds a request against AWS's models and records it.
///
/// # Errors
/// What AWS would refuse.
pub fn record(sent: &Sent) -> Result<(), String> {
    static FILE: LazyLock<Mutex<File>> = LazyLock::new(|| {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(RECORD);
        Mutex::new(File::create(path).unwrap())
    });
    if !sent.is_for_aws() {
        return Ok(());
    }
    let checked = check(sent);
    let line = match &checked {
        Ok(operation) => operation.clone(),
        Err(breach) => format!("refused {breach}"),
    };
    writeln!(FILE.lock().unwrap(), "{line}").unwrap();
    checked.map(|_| ()).inspect_err(|breach| {
        REFUSED.lock().unwrap().push(breach.clone());
    })
}

/// Forwards the requests of one connection, and the responses to them as they come.
fn forward(client: &TcpStream, peer: &str) -> io::Result<()> {
    let mut server = TcpStream::connect(peer)?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (mut responses, mut back) = (server.try_clone()?, client.try_clone()?);
    thread::spawn(move || {
        let _ = io::copy(&mut responses, &mut back);
        let _ = back.shutdown(Shutdown::Both);
    });
    let mut reader = BufReader::new(client);
    while let Some((mut sent, head)) = read_head(&mut reader)? {
        // Who expects to be told to continue waits for that.
        let waits = sent.headers.contains_key("expect");
        if waits {
            server.write_all(&head)?;
        }
        read_body(&mut reader, &mut sent)?;
        if let Err(breach) = record(&sent) {
            return refuse(client, &breach);
        }
        if !waits {
            server.write_all(&head)?;
        }
        server.write_all(&sent.body)?;
    }
    server.shutdown(Shutdown::Write)
}

/// Reads a request up to its body, and returns its bytes, too; `None` where the connection ends.
pub fn read_head(reader: &mut impl BufRead) -> io::Result<Option<(Sent, Vec<u8>)>> {
    let mut head = Vec::new();
    if reader.read_until(b'\n', &mut head)? == 0 {
        return Ok(None);
    }
    let first = String::from_utf8_lossy(&head).into_owned();
    let mut words = first.split(' ').map(str::to_owned);
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        head.extend(line.as_bytes());
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let sent = Sent {
        method: words.next().unwrap_or_default(),
        target: words.next().unwrap_or_default(),
        headers,
        body: Vec::new(),
    };
    Ok(Some((sent, head)))
}

/// Reads a request's body.
pub fn read_body(reader: &mut impl BufRead, sent: &mut Sent) -> io::Result<()> {
    let length = sent.headers.get("content-length");
    let length = length.and_then(|length| length.parse().ok());
    sent.body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut sent.body)
}

fn refuse(mut client: &TcpStream, breach: &str) -> io::Result<()> {
    let body = format!(
        "<ErrorResponse><Error><Code>ValidationError</Code><Message>{breach}</Message></Error></ErrorResponse>"
    );
    write!(
        client,
        "HTTP/1.1 400 Refused\r\nContent-Type: text/xml\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}
