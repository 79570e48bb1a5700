//! Entity tags, and what depends on them.

use std::thread;

use serde_json::{Value, json};

use super::fronts::{Front, assert_invalid, assert_problem};

pub fn every_write_gives_another_entity_tag(front: &Front) {
    let created = front.create("tagged");
    assert_eq!(front.get("users/tagged").header("etag"), created);
    let updated = front.json("PUT", "users/tagged", &json!({"a": 1}));
    let updated = updated.header("etag");
    assert_ne!(updated, created);
    assert_eq!(front.get("users/tagged").header("etag"), updated);
    front.delete("users/tagged");
    assert_ne!(front.create("tagged"), created);
}

pub fn a_reader_that_has_it_gets_no_body(front: &Front) {
    let tag = front.create("known");
    let get = |known: &str| front.raw("GET", "users/known", &[("If-None-Match", known)], None);
    for known in [tag.as_str(), "*", &format!("\"x\", W/{tag}")] {
        let answer = get(known);
        assert_eq!((answer.status, answer.body.as_str()), (304, ""), "{known}");
        assert_eq!(answer.header("etag"), tag);
    }
    assert_eq!(get("\"x\"").status, 200);
    assert_eq!(get("x").status, 400);
}

pub fn an_update_of_a_user_that_moved_is_refused(front: &Front) {
    let first = front.create("moved");
    let put = |tags: &str, value: u32| {
        front.put(
            "users/moved",
            ("If-Match", tags),
            &json!({ "value": value }),
        )
    };
    let second = put(&first, 1);
    assert_eq!(second.status, 200, "{second:?}");
    assert_problem(
        &put(&first, 2),
        412,
        "User moved does not meet the request's precondition",
    );
    assert_eq!(front.get("users/moved").json()["value"], 1);
    let third = put(&format!("\"x\", {}", second.header("etag")), 3);
    assert_eq!(third.status, 200, "{third:?}");
    assert_eq!(put("*", 4).status, 200);
    assert_eq!(put(&format!("W/{}", third.header("etag")), 5).status, 412);
    assert_eq!(put("x", 6).status, 400);
    assert_eq!(front.get("users/moved").json()["value"], 4);
}

pub fn preconditions_on_nobody_are_not_found(front: &Front) {
    let put = front.put("users/absent", ("If-Match", "\"x\""), &json!({"a": 1}));
    assert_problem(&put, 404, "User absent does not exist");
    let delete = front.raw("DELETE", "users/absent", &[("If-Match", "*")], None);
    assert_problem(&delete, 404, "User absent does not exist");
}

pub fn a_deletion_of_a_user_that_moved_is_refused(front: &Front) {
    let first = front.create("kept");
    front.json("PUT", "users/kept", &json!({"a": 1}));
    let delete = |tag: &str| front.raw("DELETE", "users/kept", &[("If-Match", tag)], None);
    assert_problem(
        &delete(&first),
        412,
        "User kept does not meet the request's precondition",
    );
    let now = front.get("users/kept");
    assert_eq!(delete(now.header("etag")).status, 200);
    assert_eq!(front.get("users/kept").status, 404);
}

pub fn put_creates_where_that_is_asked_for(front: &Front) {
    let put = |body: &Value| front.put("users/made", ("If-None-Match", "*"), body);
    let made = put(&json!({"a": 1}));
    let user = json!({"a": 1, "username": "made"});
    assert_eq!((made.status, made.json()), (201, user.clone()));
    let found = front.get("users/made");
    assert_eq!(
        (found.json(), found.header("etag")),
        (user, made.header("etag"))
    );
    let again = put(&json!({"a": 2}));
    assert_problem(
        &again,
        412,
        "User made does not meet the request's precondition",
    );
    assert_invalid(front, &put(&json!({"username": "other"})), "/username");
}

/// Of many who add one to what they read, each is counted, because none overwrites another.
pub fn no_update_is_lost(front: &Front) {
    const EACH: usize = 4;
    const EDITORS: usize = 6;
    front.json("POST", "users", &json!({"username": "counter", "count": 0}));
    thread::scope(|scope| {
        for _ in 0..EDITORS {
            scope.spawn(|| {
                for _ in 0..EACH {
                    loop {
                        let read = front.get("users/counter");
                        let count = read.json()["count"].as_u64().unwrap() + 1;
                        let changes = json!({ "count": count });
                        let tag = read.header("etag");
                        match front
                            .put("users/counter", ("If-Match", tag), &changes)
                            .status
                        {
                            200 => break,
                            // A stage throttles its callers.
                            412 | 429 => {}
                            other => panic!("{other}"),
                        }
                    }
                }
            });
        }
    });
    assert_eq!(front.get("users/counter").json()["count"], EACH * EDITORS);
}
