//! `docs/json.schema.json`, checked against what umb really says.

use std::io::Write as _;
use std::process::{Command, Stdio};

use super::peer;

const SCHEMA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/json.schema.json");
const VALIDATOR: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/suite/harness/validate.py"
);

/// Fails the test unless each line of `documents` is a JSON document as the definition `name` says, with
/// no member that it does not name.
#[track_caller]
pub fn assert_documented(name: &str, documents: &str) {
    let mut validator = Command::new(peer("python"))
        .args([VALIDATOR, SCHEMA, name])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = validator.stdin.take().unwrap();
    stdin.write_all(documents.as_bytes()).unwrap();
    drop(stdin);
    let output = validator.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
