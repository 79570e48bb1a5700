//! A proxy between umb and an emulator: counts the calls, fails some of them on a seeded schedule, and responds to
//! what the emulator does not have.

use std::io::{BufReader, ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::aws_model::Sent;
use super::recorder::{read_body, read_head, record};
use super::{MiniStack, Reply, replay};

/// A running proxy; it serves as long as the tests run.
pub struct Proxy {
    /// Its address, without a slash at the end.
    pub endpoint: String,
    state: Arc<Mutex<State>>,
}

struct State {
    /// What was called, e.g. `DescribeStacks`, `HEAD /bucket`.
    calls: Vec<String>,
    random: fastrand::Rng,
    /// One of so many calls fails; none with 0.
    one_in: u32,
    /// Who is to know when so many more calls have come.
    alarm: Option<(usize, Sender<()>)>,
    /// What is refused always, and with which code.
    refused: Option<(String, &'static str)>,
    /// What is answered here.
    responses: Option<Responses>,
    /// What becomes of the emulator's answers.
    edits: Option<Edits>,
}

/// Changes an answer of the emulator's.
type Edits = Box<dyn FnMut(&replay::Request, Vec<u8>) -> Vec<u8> + Send>;

/// What is answered in the emulator's place.
type Responses = Box<dyn FnMut(&replay::Request) -> Option<Reply> + Send>;

/// What becomes of a call.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Fine,
    /// It takes longer.
    Slow(Duration),
    /// The connection breaks before the call is forwarded.
    Lost,
    /// The connection breaks after the call was forwarded: the response is lost.
    Unheard,
    /// The answer breaks off in the middle.
    Truncated,
    Unavailable,
    Throttled,
    /// It is refused with this code.
    Refused(&'static str),
}

impl Proxy {
    /// A proxy before `aws` that fails one of `one_in` calls, by the schedule of `seed`.
    pub fn before(aws: &'static MiniStack, seed: u64, one_in: u32) -> Self {
        Self::start(&aws.endpoint, seed, one_in)
    }

    /// A proxy before `endpoint` that responds by itself to what `responses` does.
    pub fn over(
        endpoint: &str,
        responses: impl FnMut(&replay::Request) -> Option<Reply> + Send + 'static,
    ) -> Self {
        let proxy = Self::start(endpoint, 0, 0);
        proxy.state.lock().unwrap().responses = Some(Box::new(responses));
        proxy
    }

    fn start(aws: &str, seed: u64, one_in: u32) -> Self {
        let address = aws.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State {
            calls: Vec::new(),
            random: fastrand::Rng::with_seed(seed),
            one_in,
            alarm: None,
            refused: None,
            responses: None,
            edits: None,
        }));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (state, address) = (Arc::clone(&shared), address.clone());
                // A client may close the connection early.
                thread::spawn(move || serve(&connection, &address, &state));
            }
        });
        Self { endpoint, state }
    }

    /// From now on, the emulator's answers are changed by `edits`.
    pub fn edit(&self, edits: impl FnMut(&replay::Request, Vec<u8>) -> Vec<u8> + Send + 'static) {
        self.state.lock().unwrap().edits = Some(Box::new(edits));
    }

    /// What was called since the last time.
    pub fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().calls)
    }

    /// Tells when `count` more calls have come.
    pub fn alarm_after(&self, count: usize) -> Receiver<()> {
        let (sender, receiver) = channel();
        self.state.lock().unwrap().alarm = Some((count, sender));
        receiver
    }

    /// From now on, `call` is refused with 400 and `code`.
    pub fn refuse(&self, call: &str, code: &'static str) {
        self.state.lock().unwrap().refused = Some((call.to_owned(), code));
    }

    /// From now on, one of `one_in` calls fails; none with 0.
    pub fn set_faults(&self, one_in: u32) {
        self.state.lock().unwrap().one_in = one_in;
    }
}

impl State {
    /// Notes a call; decides what becomes of it.
    fn next(&mut self, call: String) -> Fate {
        let refused = self
            .refused
            .as_ref()
            .filter(|(refused, _)| *refused == call);
        let refused = refused.map(|(_, code)| Fate::Refused(code));
        self.calls.push(call);
        if let Some((left, alarm)) = &mut self.alarm {
            *left = left.saturating_sub(1);
            if *left == 0 {
                let _ = alarm.send(());
                self.alarm = None;
            }
        }
        if let Some(refused) = refused {
            return refused;
        }
        if self.one_in == 0 || self.random.u32(0..self.one_in) > 0 {
            return Fate::Fine;
        }
        match self.random.u32(0..6) {
            0 => Fate::Slow(Duration::from_millis(self.random.u64(1..200))),
            1 => Fate::Lost,
            2 => Fate::Unheard,
            3 => Fate::Truncated,
            4 => Fate::Unavailable,
            _ => Fate::Throttled,
        }
    }
}

/// One call and its answer: the connection ends with it.
fn serve(mut client: &TcpStream, aws: &str, state: &Mutex<State>) -> std::io::Result<()> {
    let request = read(client)?;
    let (fate, reply) = {
        let mut state = state.lock().unwrap();
        let fate = state.next(request.call());
        let responses = state.responses.as_mut();
        (
            fate,
            responses.and_then(|respond| respond(&request.replayed())),
        )
    };
    if let Some(reply) = reply {
        // Nothing behind this one sees it.
        let _ = record(&request.sent);
        return reply.write(client);
    }
    match fate {
        Fate::Lost => return client.shutdown(Shutdown::Both),
        Fate::Unavailable => return refuse(client, &request, 503, "ServiceUnavailable"),
        Fate::Throttled => return refuse(client, &request, 400, "Throttling"),
        Fate::Refused(code) => return refuse(client, &request, 400, code),
        Fate::Slow(delay) => thread::sleep(delay),
        Fate::Fine | Fate::Unheard | Fate::Truncated => {}
    }
    let mut server = TcpStream::connect(aws)?;
    server.write_all(&request.head)?;
    server.write_all(&request.sent.body)?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;
    if let Some(edit) = &mut state.lock().unwrap().edits {
        answer = edit(&request.replayed(), answer);
    }
    match fate {
        Fate::Unheard => client.shutdown(Shutdown::Both),
        Fate::Truncated => {
            client.write_all(&answer[..answer.len() * 3 / 4])?;
            client.shutdown(Shutdown::Both)
        }
        _ => client.write_all(&answer),
    }
}

/// Refuses a request in the words of its protocol.
fn refuse(
    mut client: &TcpStream,
    request: &Request,
    status: u16,
    code: &str,
) -> std::io::Result<()> {
    let error = format!("<Error><Code>{code}</Code><Message>by the proxy</Message></Error>");
    let body = if !request.target.is_empty() {
        format!("{{\"__type\":\"{code}\",\"message\":\"by the proxy\"}}")
    } else if request.sent.body.starts_with(b"Action=") {
        format!("<ErrorResponse>{error}</ErrorResponse>")
    } else {
        error
    };
    write!(
        client,
        "HTTP/1.1 {status} Refused\r\nContent-Type: text/xml\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

struct Request {
    head: Vec<u8>,
    target: String,
    sent: Sent,
}

impl Request {
    fn replayed(&self) -> replay::Request {
        replay::Request::new(&self.sent)
    }

    /// What is called, in the words of its protocol.
    fn call(&self) -> String {
        let body = String::from_utf8_lossy(&self.sent.body);
        if let Some(action) = body.strip_prefix("Action=") {
            return action.split('&').next().unwrap_or_default().to_owned();
        }
        if !self.target.is_empty() {
            return self.target.clone();
        }
        format!("{} {}", self.sent.method, self.sent.target)
    }
}

/// Reads a request; what is forwarded asks for the connection to be closed after it.
fn read(mut client: &TcpStream) -> std::io::Result<Request> {
    let mut reader = BufReader::new(client);
    let (mut sent, lines) = read_head(&mut reader)?.ok_or(ErrorKind::UnexpectedEof)?;
    if sent.headers.contains_key("expect") {
        client.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    read_body(&mut reader, &mut sent)?;
    let is_ours = |line: &&[u8]| {
        let line = String::from_utf8_lossy(line).to_ascii_lowercase();
        line.trim().is_empty() || line.starts_with("connection:") || line.starts_with("expect:")
    };
    let mut head: Vec<u8> = lines
        .split_inclusive(|byte| *byte == b'\n')
        .filter(|line| !is_ours(line))
        .flatten()
        .copied()
        .collect();
    head.extend(b"Connection: close\r\n\r\n");
    let target = sent.headers.get("x-amz-target").cloned();
    Ok(Request {
        head,
        target: target.unwrap_or_default(),
        sent,
    })
}
