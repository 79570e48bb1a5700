//! Peers that run as processes, on free ports, as long as the test binary does.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::{peer, request};

const LAUNCHER: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/suite/harness/run_peer.py"
);
const PATIENCE: Duration = Duration::from_mins(1);
/// A port that was free a moment ago may not be any more.
const TRIES: usize = 3;

/// Starts a peer of Python, which `configure` gives its module, arguments and port, and waits until it responds
/// at `health`; returns its address, without a slash at the end. It ends when its standard input closes.
pub fn start_peer(
    name: &str,
    health: &str,
    configure: impl Fn(&mut Command, u16),
) -> (String, Child) {
    (0..TRIES)
        .find_map(|_| try_start(name, health, &configure))
        .unwrap_or_else(|| panic!("{name} did not start; its log is below target/tmp"))
}

fn try_start(
    name: &str,
    health: &str,
    configure: impl Fn(&mut Command, u16),
) -> Option<(String, Child)> {
    let port = free_port();
    let endpoint = format!("http://127.0.0.1:{port}");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{port}"));
    std::fs::create_dir_all(&folder).unwrap();
    let log = std::fs::File::create(folder.join("log")).unwrap();
    let mut command = Command::new(peer("python"));
    command
        .arg(LAUNCHER)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", &folder)
        .env("TMPDIR", &folder)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::piped())
        .stdout(log.try_clone().unwrap())
        .stderr(log);
    configure(&mut command, port);
    let mut process = command.spawn().unwrap();
    let health = format!("{endpoint}{health}");
    let started = Instant::now();
    loop {
        if request("GET", &health, &[], None).is_ok_and(|answer| answer.status == 200) {
            return Some((endpoint, process));
        }
        if process.try_wait().unwrap().is_some() || started.elapsed() > PATIENCE {
            let _ = process.kill();
            return None;
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// A port of loopback that is free now.
pub fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}
