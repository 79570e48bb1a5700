//! What umb says that it has written is written, and nothing else.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::process::{Output, Stdio};

use crate::harness::{Proxy, Sandbox, ministack};

/// A local stage with a user whose data no terminal should obey.
fn with_odd_user() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.umb(&["deploy", "local"]).ok();
    let user = "{\"username\":\"odd\",\"a\":\"\u{7f}\u{9b}2J\u{e9}\"}";
    std::fs::write(sandbox.work().join("odd.json"), user).unwrap();
    sandbox
        .umb(&["users", "create", "--json-body", "@odd.json"])
        .ok();
    sandbox
}

fn to_a_full_disk(sandbox: &Sandbox, args: &[&str]) -> (Option<i32>, String) {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let Output { status, stderr, .. } = sandbox
        .command(args)
        .stdout(full)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    (status.code(), String::from_utf8(stderr).unwrap())
}

#[test]
fn what_cannot_be_written_fails() {
    let sandbox = with_odd_user();
    for args in [
        &["--version"][..],
        &["--help"],
        &["outputs", "local"],
        &["outputs", "local", "--json"],
        &["deploy", "local", "--json"],
        &["users", "list"],
        &["users", "get", "odd"],
        &["users", "api", "GET", "users"],
        &["users", "export"],
        &["permissions", "users"],
        &["status", "local"],
        &["destroy", "local", "--yes", "--json"],
    ] {
        let (code, said) = to_a_full_disk(&sandbox, args);
        assert_eq!(code, Some(1), "{args:?}: {said}");
        assert!(
            said.contains("error: ") && said.contains("No space left on device"),
            "{args:?}: {said}"
        );
        assert!(!said.contains("panicked"), "{args:?}: {said}");
    }
}

#[test]
fn data_passes_as_it_is_but_to_a_terminal() {
    let sandbox = with_odd_user();
    let raw = "\u{7f}\u{9b}2J\u{e9}";
    for args in [
        &["users", "get", "odd"][..],
        &["users", "list"],
        &["users", "export"],
        &["users", "api", "GET", "users/odd"],
    ] {
        let run = sandbox.umb(args).ok();
        assert!(run.stdout.contains(raw), "{args:?}: {run:#?}");
    }
    for args in [
        &["users", "get", "odd"][..],
        &["users", "list"],
        &["users", "list", "--json"],
        &["users", "api", "GET", "users/odd"],
    ] {
        let mut session = crate::terminal::at_a_terminal(&sandbox, args);
        let shown = session.exp_eof().unwrap();
        assert!(
            shown.contains("\\u{7f}") || shown.contains("\\u007f"),
            "{args:?}: {shown:?}"
        );
        assert!(!shown.contains(['\u{7f}', '\u{9b}']), "{args:?}: {shown:?}");
    }
}

#[test]
fn whoever_stops_reading_is_no_failure_and_nothing_more_is_asked_for() {
    let sandbox = Sandbox::on(ministack());
    sandbox.umb(&["deploy", "dev", "--no-verify"]).ok();
    let proxy = Proxy::over(&ministack().endpoint, |request| {
        let is_page = request.path.contains("/_user_request_/");
        is_page.then(|| {
            let users: Vec<_> = (0..100)
                .map(|number| serde_json::json!({"username": format!("{number:0>2000}")}))
                .collect();
            crate::harness::Reply::json(200, &serde_json::json!({"users": users, "next": "more"}))
        })
    });
    let sandbox = sandbox.with("AWS_ENDPOINT_URL", &proxy.endpoint);
    let mut umb = sandbox
        .command(&["users", "--stage", "dev", "list"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut stdout = BufReader::new(umb.stdout.take().unwrap());
    stdout.read_line(&mut line).unwrap();
    drop(stdout);
    let ended = umb.wait_with_output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert!(ended.status.success() && said.is_empty(), "{said}");
}

#[test]
fn destroying_what_is_not_there_is_done() {
    let sandbox = Sandbox::on(ministack());
    for target in ["dev", "prod", "local", "all"] {
        let run = sandbox.umb(&["destroy", target, "--yes"]).ok();
        assert!(
            !run.stderr.is_empty() || !run.stdout.is_empty(),
            "{target}: {run:#?}"
        );
    }
    let run = sandbox.umb(&["destroy", "dev"]).ok();
    assert!(
        run.stdout.contains("the stage dev is not deployed"),
        "{run:#?}"
    );
}
