//! The peers' programs: Python virtual environments, created on first use from pinned hashes.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers");

/// A program of the emulators' environment, e.g. `python` or `cfn-lint`.
pub fn peer(program: &str) -> PathBuf {
    environment("emulators").join("bin").join(program)
}

/// checkov, which wants other versions of what the emulators need, too.
pub fn checkov() -> PathBuf {
    environment("checkov").join("bin/checkov")
}

/// The AWS CLI, which wants another botocore than the emulators.
pub fn awscli() -> PathBuf {
    environment("awscli").join("bin/aws")
}

/// The virtual environment of the requirements of that name.
fn environment(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).unwrap();
    // Test binaries may run at the same time: one installs, the others wait.
    let lock = File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    let requirements = Path::new(FOLDER).join(format!("{name}.txt"));
    let wanted = fs::read_to_string(&requirements).unwrap();
    let installed = folder.join("installed.txt");
    let venv = folder.join("venv");
    if fs::read_to_string(&installed).ok().as_deref() != Some(&wanted) {
        install(&venv, &requirements);
        fs::write(&installed, &wanted).unwrap();
    }
    venv
}

fn install(venv: &Path, requirements: &Path) {
    run(
        Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(venv),
        "the tests need Python 3.11 or newer with its venv module (Debian: apt-get install python3-venv)",
    );
    run(
        Command::new(venv.join("bin/pip"))
            .args(["install", "--quiet", "--disable-pip-version-check"])
            .args(["--require-hashes", "--requirement"])
            .arg(requirements),
        "the tests need their peers from the Python package index",
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
