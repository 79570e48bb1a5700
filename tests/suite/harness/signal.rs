//! Signals to processes that a test began.

use std::process::Command;

/// Sends a signal, `INT` for one, to the process with this id, which must be there.
pub fn signal(pid: &str, name: &str) {
    let status = Command::new("kill")
        .args(["-s", name, pid])
        .status()
        .unwrap();
    assert!(status.success(), "no {name} for {pid}");
}
