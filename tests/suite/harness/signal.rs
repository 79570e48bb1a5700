//! Processes that a test started, and signals to them.

use std::fs;
use std::path::Path;
use std::process::Command;

/// Sends a signal, `INT` for one, to the process with this id, which must exist; with a minus before it, to a process group.
pub fn signal(pid: &str, name: &str) {
    let status = Command::new("kill")
        .args(["-s", name, "--", pid])
        .status()
        .unwrap();
    assert!(status.success(), "no {name} for {pid}");
}

/// Returns the ids and command lines of the processes whose current folder is `folder` or below it.
pub fn processes_in(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let pid = entry.file_name().into_string().unwrap();
        let current = fs::read_link(entry.path().join("cwd")).unwrap_or_default();
        let state = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        // A zombie has ended; only its parent has not noticed.
        let has_ended = state
            .rsplit(')')
            .next()
            .unwrap_or_default()
            .starts_with(" Z");
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        // A process that is exiting has no command line.
        if current.starts_with(folder) && !has_ended && !line.is_empty() {
            found.push((pid, String::from_utf8_lossy(&line).replace('\0', " ")));
        }
    }
    found
}
