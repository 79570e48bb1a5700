//! The function itself, run as Lambda runs it: against a runtime API and a table that the test plays. Source:
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::harness::{Sandbox, proxy_event, signal};

const PATIENCE: Duration = Duration::from_mins(1);

/// The function's executable.
fn bootstrap(sandbox: &Sandbox) -> PathBuf {
    sandbox.umb(&["artifact", "--out", "handler.zip"]).ok();
    let zip = std::fs::File::open(sandbox.work().join("handler.zip")).unwrap();
    zip::ZipArchive::new(zip)
        .unwrap()
        .extract(sandbox.work())
        .unwrap();
    let path = sandbox.work().join("bootstrap");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// Reads a request: its first line, and its body.
fn read(mut connection: &TcpStream) -> (String, String) {
    let mut reader = BufReader::new(&mut connection);
    let mut first = String::new();
    reader.read_line(&mut first).unwrap();
    let (mut line, mut length) = (first.clone(), 0);
    while line.trim() != "" {
        line.clear();
        reader.read_line(&mut line).unwrap();
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    (first, String::from_utf8(body).unwrap())
}

fn answer(mut connection: &TcpStream, status: u16, headers: &str, body: &Value) {
    let body = body.to_string();
    let length = body.len();
    write!(
        connection,
        "HTTP/1.1 {status} OK\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
}

/// Whether a SIGTERM that was sent to a process has not reached it yet.
fn is_pending(pid: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let pending = status
        .lines()
        .find_map(|line| line.strip_prefix("ShdPnd:"))
        .unwrap();
    let pending = u64::from_str_radix(pending.trim(), 16).unwrap();
    pending & (1 << (15 - 1)) != 0
}

#[test]
fn sigterm_lets_the_call_under_way_be_answered() {
    let sandbox = Sandbox::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let mut function = Command::new(bootstrap(&sandbox))
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", &address)
        .env("AWS_LAMBDA_FUNCTION_NAME", "f")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", "g")
        .env("AWS_LAMBDA_LOG_STREAM_NAME", "s")
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_ENDPOINT_URL", format!("http://{address}"))
        .env("TABLE_NAME", "T")
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let pid = function.id().to_string();
    let (sender, answered) = channel();
    thread::spawn(move || {
        let mut is_given = false;
        for connection in listener.incoming().flatten() {
            let (first, body) = read(&connection);
            if first.contains("/invocation/next") && !is_given {
                is_given = true;
                let deadline = SystemTime::now() + PATIENCE;
                let deadline = deadline.duration_since(SystemTime::UNIX_EPOCH).unwrap();
                let headers = format!(
                    "Lambda-Runtime-Aws-Request-Id: 1\r\nLambda-Runtime-Deadline-Ms: {}\r\n\
                     Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-west-1:1:function:f\r\n",
                    deadline.as_millis()
                );
                let event = proxy_event("GET", "users/john", &[], None, "r");
                answer(&connection, 200, &headers, &event);
            } else if first.contains("/invocation/next") {
                // Nothing more is to be done: it waits, as Lambda lets it.
                std::mem::forget(connection);
            } else if first.contains("/response") {
                sender.send(body).unwrap();
                answer(&connection, 202, "", &json!({}));
            } else {
                // The table takes its time: the end comes in the middle of the call.
                signal(&pid, "TERM");
                while is_pending(&pid) {
                    thread::sleep(Duration::from_millis(1));
                }
                let item = json!({"Item": {"username": {"S": "john"}}});
                answer(&connection, 200, "", &item);
            }
        }
    });
    let response: Value = serde_json::from_str(&answered.recv_timeout(PATIENCE).unwrap()).unwrap();
    assert_eq!(response["statusCode"], 200);
    assert_eq!(response["body"], "{\"username\":\"john\"}");
    assert!(function.wait().unwrap().success());
}
