//! `umb deploy local --auth`.

use std::fs;
use std::time::{Duration, SystemTime};

use crate::harness::{Key, Sandbox, request, signed};

fn stdout(sandbox: &Sandbox, args: &[&str]) -> String {
    sandbox.umb(args).ok().stdout
}

/// The key in the stage's credentials file.
fn own_key(sandbox: &Sandbox) -> Key {
    let file = fs::read_to_string(sandbox.output("local", "CredentialsFile")).unwrap();
    let value = |name: &str| {
        let line = file
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .unwrap();
        line.trim_start_matches(" = ").to_owned()
    };
    (value("aws_access_key_id"), value("aws_secret_access_key"))
}

#[test]
fn a_closed_local_stage_lets_in_its_own_key_alone() {
    let sandbox = Sandbox::new().with("UMB_STAGE", "local");
    sandbox.umb(&["deploy", "local", "--auth"]).ok();
    sandbox.umb(&["users", "create", "--username", "a b"]).ok();
    assert_eq!(
        stdout(&sandbox, &["users", "list"]),
        "{\"username\":\"a b\"}\n"
    );
    stdout(&sandbox, &["users", "get", "a b"]);

    let key = own_key(&sandbox);
    let base = sandbox.output("local", "EndpointURL");
    let now = SystemTime::now();
    let answer = |path: &str, key: &Key, at| {
        let answer = signed("GET", &format!("{base}{path}"), key, at);
        let kind = answer.json()["type"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        (
            answer.status,
            kind.trim_start_matches("urn:umb:problem:").to_owned(),
        )
    };
    let problem = |status: u16, kind: &str| (status, kind.to_owned());
    for path in ["users/a%20b", "users?limit=5&next=YQ", "users"] {
        assert_eq!(answer(path, &key, now), problem(200, ""), "{path}");
    }
    let wrong = (key.0.clone(), "wrong".to_owned());
    assert_eq!(
        answer("users", &wrong, now),
        problem(403, "invalid-signature")
    );
    let other = ("AKIAIOSFODNN7EXAMPLE".to_owned(), key.1.clone());
    assert_eq!(answer("users", &other, now), problem(403, "access-denied"));
    let hour = Duration::from_hours(1);
    for at in [now - hour, now + hour] {
        assert_eq!(answer("users", &key, at), problem(403, "invalid-signature"));
    }
    let unsigned = request("GET", &format!("{base}users"), &[], None).unwrap();
    assert_eq!(unsigned.status, 403);
    assert_eq!(
        unsigned.json()["type"],
        "urn:umb:problem:missing-authentication-token"
    );
    assert_ne!(unsigned.header("x-request-id"), "");

    let curl = stdout(&sandbox, &["users", "curl", "GET", "users"]);
    assert!(
        curl.starts_with("curl --aws-sigv4 'aws:amz:local:execute-api'"),
        "{curl}"
    );
    let server = stdout(&sandbox, &["deploy", "local"]);
    assert!(server.contains("(restarted)"), "{server}");
    let open = request("GET", &format!("{base}users"), &[], None).unwrap();
    assert_eq!(open.status, 200);
}
