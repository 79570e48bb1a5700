//! `umb users`, on the local stage; what is signed, on MiniStack.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::harness::{Run, Sandbox, ministack_with_iam};

fn deployed() -> Sandbox {
    let sandbox = Sandbox::new().with("UMB_STAGE", "local");
    sandbox.umb(&["deploy", "local"]).ok();
    sandbox
}

/// `umb users` with `input` on its standard input.
fn fed(sandbox: &Sandbox, args: &[&str], input: &str) -> Run {
    let mut child = sandbox
        .command(&[&["users"], args].concat())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // One that does not read to the end is not interested.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn users(sandbox: &Sandbox, args: &[&str]) -> Run {
    fed(sandbox, args, "")
}

#[test]
fn attributes_are_strings_or_any_json() {
    let sandbox = deployed();
    let args = [
        "create",
        "--username",
        "john",
        "--set",
        "n=1",
        "--set-json",
        "big=12345678901234567890123.50",
        "--set-json",
        r#"list=[true, {"a": null}]"#,
    ];
    users(&sandbox, &args).ok();
    let run = users(&sandbox, &["list", "--json"]).ok();
    assert_eq!(
        run.stdout,
        "{\"big\":12345678901234567890123.5,\"list\":[true,{\"a\":null}],\"n\":\"1\",\"username\":\"john\"}\n"
    );
    let run = users(&sandbox, &["update", "john", "--set-json", "x=nope"]).fails(2);
    assert!(run.stderr.contains("the value must be JSON"), "{run:#?}");
    let run = users(
        &sandbox,
        &["update", "john", "--set", "a=1", "--set-json", "a=2"],
    )
    .fails(1);
    assert!(
        run.stderr.contains("/a is a duplicate member (400)"),
        "{run:#?}"
    );
}

#[test]
fn a_whole_document_comes_from_a_file_or_from_standard_input() {
    let sandbox = deployed();
    let user = r#"{"username":"john","a":[1]}"#;
    fed(&sandbox, &["create", "--json-body", "-"], user).ok();
    std::fs::write(sandbox.work().join("changes.json"), r#"{"a":2}"#).unwrap();
    let changed = users(
        &sandbox,
        &["update", "john", "--json-body", "@changes.json"],
    )
    .ok();
    let changed: Value = serde_json::from_str(&changed.stdout).unwrap();
    assert_eq!(changed, json!({"username": "john", "a": 2}));
    let run = users(&sandbox, &["update", "john", "--json-body", "@nothing"]).fails(1);
    assert!(
        run.stderr
            .starts_with("error: failed to open file `nothing`\n"),
        "{run:#?}"
    );
    users(&sandbox, &["create", "--json-body", "-", "--username", "x"]).fails(2);
    users(&sandbox, &["create"]).fails(2);
}

#[test]
fn an_update_may_depend_on_the_state_that_was_read() {
    let sandbox = deployed();
    users(&sandbox, &["create", "--username", "john"]).ok();
    let tag = users(&sandbox, &["get", "john", "--etag"]).ok().stdout;
    // Shells take the quotes away.
    let tag = tag.trim().trim_matches('"');
    let update = ["update", "john", "--set", "a=1", "--if-match", tag];
    users(&sandbox, &update).ok();
    let run = users(&sandbox, &update).fails(1);
    assert_eq!(
        run.stderr,
        "error: User john does not meet the request's precondition (412)\n\
         hint: `umb users get john` shows its state now, `umb users get john --etag` the tag of that state\n"
    );
    users(&sandbox, &["delete", "john", "--yes", "--if-match", tag]).fails(1);
    users(&sandbox, &["delete", "john", "--yes", "--if-match", "*"]).ok();
}

#[test]
fn a_deletion_is_asked_about() {
    let sandbox = deployed();
    users(&sandbox, &["create", "--username", "john"]).ok();
    let run = users(&sandbox, &["delete", "john"]).fails(3);
    assert!(
        run.stderr.starts_with(
            "error: Delete the user john? Cannot ask for confirmation: standard input is not a terminal\nhint: pass --yes"
        ),
        "{run:#?}"
    );
    users(&sandbox, &["get", "john"]).ok();
}

#[test]
fn a_list_is_lines_or_a_table() {
    let sandbox = deployed();
    for name in ["a", "bee"] {
        users(
            &sandbox,
            &[
                "create",
                "--username",
                name,
                "--email",
                "x@y.org",
                "--set-json",
                "n=10",
            ],
        )
        .ok();
    }
    let mut lines: Vec<_> = users(&sandbox, &["list"])
        .ok()
        .stdout
        .lines()
        .map(str::to_owned)
        .collect();
    lines.sort();
    assert_eq!(lines[0], r#"{"email":"x@y.org","n":10,"username":"a"}"#);
    let table = users(&sandbox, &["list", "--table"]).ok().stdout;
    assert!(
        table.starts_with("USERNAME  EMAIL    ATTRIBUTES\n"),
        "{table}"
    );
    assert!(table.contains("\nbee       x@y.org  n=10\n"), "{table}");
}

#[test]
fn any_request_can_be_sent_and_shown_as_curl() {
    let sandbox = deployed();
    let run = fed(
        &sandbox,
        &["api", "POST", "users", "--json-body", "-"],
        r#"{"username":"john"}"#,
    )
    .ok();
    assert_eq!(run.stdout, "{\n  \"username\": \"john\"\n}\n");
    assert!(run.stderr.starts_with("201\n"), "{run:#?}");
    assert!(run.stderr.contains("\netag: \""), "{run:#?}");
    let run = users(&sandbox, &["api", "GET", "/users/ghost"]).fails(1);
    assert!(
        run.stderr.ends_with("error: the API returned status 404\n"),
        "{run:#?}"
    );
    assert!(run.stdout.contains("User ghost does not exist"), "{run:#?}");
    let run = users(
        &sandbox,
        &["api", "GET", "users/john", "-H", "If-None-Match: *"],
    )
    .ok();
    assert!(run.stderr.starts_with("304\n"), "{run:#?}");
    assert_eq!(run.stdout, "");

    let curl = users(&sandbox, &["curl", "GET", "users/john"]).ok().stdout;
    let url = sandbox.output("local", "EndpointURL");
    assert_eq!(
        curl,
        format!("curl -X GET -H 'accept: application/json' {url}users/john\n")
    );
}

#[test]
fn a_curl_command_of_a_closed_stage_names_no_secret() {
    let sandbox = Sandbox::on_default_account(ministack_with_iam()).with("UMB_STAGE", "dev");
    sandbox.umb(&["deploy", "dev"]).ok();
    let curl = users(&sandbox, &["curl", "GET", "users"]).ok().stdout;
    let secret = sandbox.variable("AWS_SECRET_ACCESS_KEY");
    assert!(
        curl.starts_with(
            "curl --aws-sigv4 'aws:amz:eu-west-1:execute-api' --user \"${AWS_ACCESS_KEY_ID}"
        ),
        "{curl}"
    );
    assert!(!curl.contains(secret), "{curl}");
}
