//! The HTTP contract: one suite, run against every front.

pub mod fronts;
mod gateway;
mod on_one_front;
mod preconditions;

use std::collections::BTreeSet;
use std::thread;

use serde_json::json;

use fronts::{Front, assert_invalid, assert_problem};
use preconditions::{
    a_deletion_of_a_user_that_moved_is_refused, a_reader_that_has_it_gets_no_body,
    an_update_of_a_user_that_moved_is_refused, every_write_gives_another_entity_tag,
    no_update_is_lost, preconditions_on_nobody_are_not_found, put_creates_where_that_is_asked_for,
};

fn create_returns_the_user_and_its_location(front: &Front) {
    let user = json!({"username": "create me", "email": "john@example.com"});
    let created = front.json("POST", "users", &user);
    assert_eq!(created.status, 201, "{created:?}");
    assert_eq!(created.header("content-type"), "application/json");
    assert_ne!(created.header("etag"), "", "{created:?}");
    assert_eq!(created.json(), user);
    assert_eq!(created.header("location"), "users/create%20me");
    assert_eq!(front.get(created.header("location")).json(), user);
}

fn create_twice_is_a_conflict(front: &Front) {
    front.create("twice");
    let again = front.json("POST", "users", &json!({"username": "twice", "a": "b"}));
    assert_problem(&again, 409, "User twice already exists");
    assert_eq!(
        front.get("users/twice").json(),
        json!({"username": "twice"})
    );
}

fn of_many_creators_one_wins(front: &Front) {
    let statuses: Vec<u16> = thread::scope(|scope| {
        let creators: Vec<_> = (0..64)
            .map(|number| {
                scope.spawn(move || {
                    front
                        .json(
                            "POST",
                            "users",
                            &json!({"username": "race", "number": number}),
                        )
                        .status
                })
            })
            .collect();
        creators
            .into_iter()
            .map(|creator| creator.join().unwrap())
            .collect()
    });
    let won = statuses.iter().filter(|status| **status == 201).count();
    let lost = statuses.iter().filter(|status| **status == 409).count();
    assert_eq!((won, lost), (1, 63), "{statuses:?}");
}

fn get_of_nobody_is_not_found(front: &Front) {
    let answer = front.get("users/ghost");
    assert_problem(&answer, 404, "User ghost does not exist");
}

fn update_merges_and_returns_the_whole_user(front: &Front) {
    front.json(
        "POST",
        "users",
        &json!({"username": "merge", "keep": 1, "change": 1}),
    );
    let answer = front.json(
        "PUT",
        "users/merge",
        &json!({"change": [2], "add": {"a": null}}),
    );
    let whole = json!({"username": "merge", "keep": 1, "change": [2], "add": {"a": null}});
    assert_eq!((answer.status, answer.json()), (200, whole.clone()));
    assert_eq!(front.get("users/merge").json(), whole);
}

fn update_of_nobody_creates_nobody(front: &Front) {
    let answer = front.json("PUT", "users/nobody", &json!({"a": "b"}));
    assert_problem(&answer, 404, "User nobody does not exist");
    assert_eq!(front.get("users/nobody").status, 404);
}

fn update_refuses_nothing_and_renames(front: &Front) {
    front.create("same");
    assert_invalid(front, &front.json("PUT", "users/same", &json!({})), "");
    let rename = front.json("PUT", "users/same", &json!({"username": "zz"}));
    assert_invalid(front, &rename, "/username");
    let itself = front.json("PUT", "users/same", &json!({"username": "same"}));
    assert_eq!(
        (itself.status, itself.json()),
        (200, json!({"username": "same"}))
    );
}

fn names_that_could_be_taken_for_the_revision_are_plain_names(front: &Front) {
    let user = json!({"username": "plain", "$revision": "a", "$$revision": "b", "revision": "c"});
    let created = front.json("POST", "users", &user);
    assert_eq!((created.status, created.json()), (201, user.clone()));
    front.json("PUT", "users/plain", &json!({"$revision": "d"}));
    let mut whole = user;
    whole["$revision"] = "d".into();
    assert_eq!(front.get("users/plain").json(), whole);
}

fn one_text_is_one_name(front: &Front) {
    // é as one code point, and as two.
    front.create("caf\u{e9}");
    let other = json!({"username": "cafe\u{301}"});
    assert_invalid(front, &front.json("POST", "users", &other), "/username");
    assert_eq!(front.get("users/cafe%CC%81").status, 400);
    // The Cyrillic letter is another one, however it looks.
    front.create("c\u{430}f\u{e9}");
}

fn update_takes_any_attribute_name(front: &Front) {
    front.create("names");
    let changes = json!({"a b": "x", "c-d": "y", "#0": "z", ":0": 1, "SET": true, "a.b[0]": "dot"});
    let answer = front.json("PUT", "users/names", &changes);
    assert_eq!(answer.status, 200, "{answer:?}");
    let mut whole = changes;
    whole["username"] = "names".into();
    assert_eq!(front.get("users/names").json(), whole);
}

fn delete_happens_once(front: &Front) {
    front.create("gone");
    let first = front.delete("users/gone");
    assert_eq!(
        (first.status, first.json()),
        (200, json!({"message": "User gone was deleted"}))
    );
    assert_problem(&front.delete("users/gone"), 404, "User gone does not exist");
}

fn create_demands_a_username(front: &Front) {
    for body in [
        json!({}),
        json!({"username": ""}),
        json!({"username": 1}),
        json!({"username": "a/b"}),
        json!({"username": "a\nb"}),
        json!({"username": ".."}),
        json!({"username": "x".repeat(129)}),
    ] {
        assert_invalid(front, &front.json("POST", "users", &body), "/username");
    }
}

fn create_demands_json(front: &Front) {
    for body in ["notjson", "", "[]", "null", "{\"username\":\"n\""] {
        assert_invalid(front, &front.text("POST", "users", body), "");
    }
    let untyped = front.raw(
        "POST",
        "users",
        &[("Content-Type", "text/plain")],
        Some(br#"{"username":"untyped"}"#),
    );
    assert_eq!(untyped.status, 415, "{untyped:?}");
}

fn an_email_must_be_one(front: &Front) {
    let answer = front.json("POST", "users", &json!({"username": "e", "email": "nope"}));
    assert_invalid(front, &answer, "/email");
}

fn numbers_come_back_as_they_were_sent(front: &Front) {
    let body = "{\"a\":1.5,\"b\":1,\"c\":12345678901234567890123456789012345678,\"d\":-0.25,\
                \"username\":\"numbers\"}";
    let created = front.text("POST", "users", body);
    assert_eq!((created.status, created.body.as_str()), (201, body));
    assert_eq!(front.get("users/numbers").body, body);
}

fn numbers_beyond_dynamodb_are_refused(front: &Front) {
    for number in ["123456789012345678901234567890123456789", "1e126", "1e-131"] {
        let body = format!("{{\"username\":\"beyond\",\"a\":[{number}]}}");
        assert_invalid(front, &front.text("POST", "users", &body), "/a/0");
    }
}

fn nesting_ends_at_32_levels(front: &Front) {
    let nested = |depth: usize| {
        let (open, close) = ("{\"m\":".repeat(depth - 1), "}".repeat(depth - 1));
        format!("{{\"a\":{open}1{close},\"username\":\"deep\"}}")
    };
    let deepest = front.text("POST", "users", &nested(32));
    assert_eq!((deepest.status, deepest.body), (201, nested(32)));
    assert_eq!(front.get("users/deep").body, nested(32));
    for depth in [33, 40, 100_000] {
        assert_eq!(
            front.text("POST", "users", &nested(depth)).status,
            400,
            "{depth}"
        );
    }
}

fn odd_usernames_are_addressable(front: &Front) {
    // MiniStack decodes the path before the function sees it, so that a percent sign arrives as
    // something else; API Gateway hands the path on as it was sent.
    let percent = (!front.has_gateway()).then_some("50%25");
    for username in ["a b", "ünï-☃", "a+b&c=d", "q?x#y", "'\"<>", "..."]
        .into_iter()
        .chain(percent)
    {
        let created = front.json("POST", "users", &json!({ "username": username }));
        assert_eq!(created.status, 201, "{created:?}");
        let found = front.get(created.header("location"));
        assert_eq!(found.json(), json!({ "username": username }));
        assert_eq!(front.delete(created.header("location")).status, 200);
    }
}

fn list_goes_through_everyone_page_by_page(front: &Front) {
    let names: BTreeSet<String> = (0..5).map(|number| format!("listed {number}")).collect();
    for name in &names {
        front.create(name);
    }
    let mut seen = BTreeSet::new();
    let mut path = "users?limit=2".to_owned();
    loop {
        let page = front.get(&path);
        assert_eq!(page.status, 200, "{page:?}");
        let page = page.json();
        let users = page["users"].as_array().unwrap();
        assert!(users.len() <= 2, "{page}");
        for user in users {
            let name = user["username"].as_str().unwrap().to_owned();
            assert!(seen.insert(name), "twice: {user}");
        }
        match page["next"].as_str() {
            Some(next) => path = format!("users?limit=2&next={next}"),
            None => break,
        }
    }
    assert!(seen.is_superset(&names), "{seen:?}");
}

fn list_refuses_what_is_no_page(front: &Front) {
    for query in [
        "limit=0",
        "limit=101",
        "limit=x",
        "limit=-1",
        "next=!",
        "next=",
        "next=Lw",
    ] {
        assert_eq!(front.get(&format!("users?{query}")).status, 400, "{query}");
    }
}

fn every_answer_carries_its_request_id(front: &Front) {
    let ids: BTreeSet<String> = ["users", "users/ghost", "users?limit=0"]
        .into_iter()
        .map(|path| front.get(path).header("x-request-id").to_owned())
        .collect();
    assert_eq!(ids.len(), 3, "{ids:?}");
    assert!(!ids.contains(""), "{ids:?}");
}

fn other_methods_and_paths_are_refused(front: &Front) {
    // API Gateway responds to these itself, before the function.
    let (of_method, of_path) = if front.has_gateway() {
        (403, 403)
    } else {
        (405, 404)
    };
    let patch = front.json("PATCH", "users/john", &json!({}));
    assert_eq!(patch.status, of_method, "{patch:?}");
    let other = front.get("other");
    assert_eq!(other.status, of_path);
    for answer in [patch, other] {
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(answer.json()["status"], answer.status);
        assert_ne!(answer.header("x-request-id"), "");
    }
}

/// A case of the contract, and its name.
pub type Case = (&'static str, fn(&Front));

/// Each of these as its own test, on each front.
macro_rules! on_every_front {
    ($($case:ident,)*) => {
        /// All of them, for a front that is not here.
        pub const CASES: &[Case] = &[$((stringify!($case), $case),)*];

        mod local {
            $(#[test] fn $case() { super::$case(&super::Front::local()); })*
        }
        mod deployed {
            $(#[test] fn $case() { super::$case(super::Front::deployed()); })*
        }
        mod invoked {
            $(#[test] fn $case() { super::$case(super::Front::invoked()); })*
        }
    };
}

on_every_front! {
    create_returns_the_user_and_its_location,
    create_twice_is_a_conflict,
    of_many_creators_one_wins,
    get_of_nobody_is_not_found,
    update_merges_and_returns_the_whole_user,
    update_of_nobody_creates_nobody,
    update_refuses_nothing_and_renames,
    update_takes_any_attribute_name,
    every_write_gives_another_entity_tag,
    a_reader_that_has_it_gets_no_body,
    an_update_of_a_user_that_moved_is_refused,
    preconditions_on_nobody_are_not_found,
    a_deletion_of_a_user_that_moved_is_refused,
    put_creates_where_that_is_asked_for,
    no_update_is_lost,
    names_that_could_be_taken_for_the_revision_are_plain_names,
    one_text_is_one_name,
    delete_happens_once,
    create_demands_a_username,
    create_demands_json,
    an_email_must_be_one,
    numbers_come_back_as_they_were_sent,
    numbers_beyond_dynamodb_are_refused,
    nesting_ends_at_32_levels,
    odd_usernames_are_addressable,
    list_goes_through_everyone_page_by_page,
    list_refuses_what_is_no_page,
    every_answer_carries_its_request_id,
    other_methods_and_paths_are_refused,
}
