//! What the gateway does by itself, and no other front.

use std::sync::Arc;

use serde_json::json;

use crate::harness::{Sandbox, ministack};

use super::fronts::{Front, Way, assert_problem};

/// Only at the gateway: what its models refuse does not reach the function.
#[test]
fn the_gateway_refuses_bodies_by_its_models() {
    let front = Front::deployed();
    for body in [
        json!({}),
        json!({"username": 1}),
        json!({"username": "n", "email": "nope"}),
    ] {
        let answer = front.json("POST", "users", &body);
        assert_problem(&answer, 400, "The request body is not valid");
        let detail = &answer.json()["errors"][0]["detail"];
        assert_eq!(detail, "is not as the contract asks for", "{answer:?}");
    }
}

/// Only at the gateway: more than a stage accepts is refused in the API's own format.
#[test]
fn a_stage_takes_so_much_and_no_more() {
    let aws = ministack();
    let sandbox = Sandbox::on(aws);
    sandbox.settings("stages.dev = { throttling_rate = 1, throttling_burst = 2 }");
    sandbox.umb(&["deploy", "dev", "--no-verify"]).ok();
    aws.complete_import(&sandbox);
    let base = sandbox.output("dev", "EndpointURL");
    let front = Front {
        sandbox: Arc::new(sandbox),
        way: Way::Deployed { base },
    };
    let throttled = (0..10)
        .map(|_| front.get("users/ghost"))
        .find(|answer| answer.status == 429);
    let throttled = throttled.unwrap();
    assert_eq!(throttled.header("content-type"), "application/problem+json");
    assert_eq!(throttled.json()["type"], "urn:umb:problem:throttled");
    assert_eq!(throttled.header("retry-after"), "1");
}
