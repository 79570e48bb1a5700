//! The peers' programs: a Python virtual environment, made on first use from pinned hashes.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

const REQUIREMENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers.txt");

/// A program of the virtual environment, e.g. `python` or `cfn-lint`.
pub fn peer(program: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("peers");
    fs::create_dir_all(&folder).unwrap();
    // Test binaries may run at the same time: one installs, the others wait.
    let lock = File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    let wanted = fs::read_to_string(REQUIREMENTS).unwrap();
    let installed = folder.join("installed.txt");
    if fs::read_to_string(&installed).ok().as_deref() != Some(&wanted) {
        install(&folder.join("venv"));
        fs::write(&installed, &wanted).unwrap();
    }
    folder.join("venv/bin").join(program)
}

fn install(venv: &Path) {
    run(
        Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(venv),
        "the tests need Python 3 with its venv module (Debian: apt-get install python3-venv)",
    );
    run(
        Command::new(venv.join("bin/pip"))
            .args(["install", "--quiet", "--disable-pip-version-check"])
            .args(["--require-hashes", "--requirement", REQUIREMENTS]),
        "the tests need MiniStack and cfn-lint from the Python package index",
    );
}

fn run(command: &mut Command, need: &str) {
    match command.output() {
        Ok(output) if output.status.success() => {}
        Ok(output) => panic!(
            "{need}\n{command:?} failed:\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        ),
        Err(error) => panic!("{need}\n{command:?}: {error}"),
    }
}
