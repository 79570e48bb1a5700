//! What only one front can show.

use serde_json::{Value, json};

use crate::harness::ministack;

use super::fronts::{Front, Way, assert_problem};

#[test]
fn events_of_other_kinds_are_refused_with_a_reason() {
    let front = Front::invoked();
    let Way::Invoked { function } = &front.way else {
        panic!("not invoked");
    };
    let event = json!({"version": "2.0", "rawPath": "/users", "requestContext": {"http": {}}});
    let error = ministack()
        .invoke(&front.sandbox, function, &event)
        .unwrap_err();
    let message = error["errorMessage"].as_str().unwrap();
    assert!(
        message.starts_with("this function handles proxy events of an API Gateway REST API"),
        "{error}"
    );
}

/// On the local stage only: MiniStack has no limit on an item's size.
#[test]
fn a_user_of_more_than_400_kb_is_refused_and_nothing_is_lost() {
    let front = Front::local();
    let large = |size: usize| json!({"username": "large", "a": "x".repeat(size)});
    let refused = front.json("POST", "users", &large(500_000));
    assert_problem(
        &refused,
        413,
        "A user is at most 400 KB, its attributes' names included",
    );
    assert_eq!(front.json("POST", "users", &large(300_000)).status, 201);
    let grown = front.json("PUT", "users/large", &json!({"b": "x".repeat(200_000)}));
    assert_eq!(grown.status, 413, "{grown:?}");
    assert_eq!(front.get("users/large").json(), large(300_000));
}

/// On the local stage only: a request through API Gateway has its host checked by AWS.
#[test]
fn the_local_stage_responds_to_no_other_name() {
    let front = Front::local();
    let rebound = front.raw("GET", "users", &[("Host", "attacker.example")], None);
    assert_eq!(rebound.status, 421, "{rebound:?}");
}

/// On the local stage only, whose log is at hand: a user's data is in no log.
#[test]
fn the_log_holds_no_personal_data() {
    let front = Front::local();
    front.json(
        "POST",
        "users",
        &json!({"username": "private-name", "a": "private-value"}),
    );
    front.get("users/private-name");
    front.json(
        "POST",
        "users",
        &json!({"username": "private-name", "private-key": 1}),
    );
    // A line that the handler itself logs is data too.
    let forged = [("If-Match", "\"private\", \"level\":\"ERROR\"")];
    front.raw(
        "DELETE",
        "users/private-name?private=%0A%7B%7D",
        &forged,
        None,
    );
    let folder = front.sandbox.local_folder("UserManagementBackend");
    let log = std::fs::read_to_string(folder.join("server.log")).unwrap();
    assert!(log.contains("/users/{username}"), "{log}");
    assert!(!log.contains("private"), "{log}");
    for line in log.lines() {
        serde_json::from_str::<Value>(line).unwrap();
    }
}
