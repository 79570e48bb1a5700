//! `umb artifact`: the Lambda function inside the binary.

use std::fs;
use std::io::{Cursor, Read as _};

use zip::ZipArchive;

use crate::harness::Sandbox;

#[test]
fn the_artifact_is_a_bootstrap_that_lambda_can_run() {
    let sandbox = Sandbox::new();
    sandbox.umb(&["artifact", "--out", "handler.zip"]).ok();
    let artifact = fs::read(sandbox.work().join("handler.zip")).unwrap();
    assert!(artifact.len() <= 3_000_000, "{} bytes", artifact.len());

    let mut zip = ZipArchive::new(Cursor::new(artifact)).unwrap();
    assert_eq!(zip.len(), 1);
    let mut entry = zip.by_index(0).unwrap();
    assert_eq!(entry.name().unwrap(), "bootstrap");
    assert_eq!(entry.unix_mode().map(|mode| mode & 0o777), Some(0o755));
    let mut magic = [0; 4];
    entry.read_exact(&mut magic).unwrap();
    assert_eq!(&magic, b"\x7fELF");
}

#[test]
fn the_artifact_names_no_path_of_the_machine_that_built_it() {
    let sandbox = Sandbox::new();
    sandbox.umb(&["artifact", "--out", "handler.zip"]).ok();
    let artifact = fs::read(sandbox.work().join("handler.zip")).unwrap();
    let mut executable = Vec::new();
    ZipArchive::new(Cursor::new(artifact))
        .unwrap()
        .by_index(0)
        .unwrap()
        .read_to_end(&mut executable)
        .unwrap();
    let home = std::env::var("CARGO_HOME")
        .unwrap_or_else(|_| format!("{}/.cargo", std::env::var("HOME").unwrap()));
    for path in [home.as_str(), env!("CARGO_MANIFEST_DIR")] {
        let holds = |text: &str| {
            let text = text.as_bytes();
            executable.windows(text.len()).any(|window| window == text)
        };
        assert!(!holds(path), "{path}");
        assert!(
            holds("/cargo/registry/src/"),
            "the paths of dependencies are written otherwise"
        );
    }
}

#[test]
fn a_file_that_cannot_be_written_is_named() {
    let sandbox = Sandbox::new();
    let run = sandbox
        .umb(&["artifact", "--out", "no/such/folder/handler.zip"])
        .fails(1);
    assert!(
        run.stderr.starts_with(
            "error: failed to create file `no/such/folder/handler.zip`\n  caused by: "
        ),
        "{run:?}"
    );
}
