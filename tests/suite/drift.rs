//! `umb drift`, on MiniStack, which compares what its own resources are with their templates.

use serde_json::{Value, json};

use crate::harness::{Sandbox, ministack};

#[test]
fn what_was_changed_by_hand_is_found() {
    let aws = ministack();
    let sandbox = Sandbox::on(aws);
    sandbox.umb(&["drift", "dev"]).fails(1);
    sandbox.umb(&["deploy", "dev"]).ok();
    let [stateful, stateless] =
        ["Stateful", "Stateless"].map(|part| format!("{}-Dev-{part}", sandbox.app));
    let run = sandbox.umb(&["drift", "dev", "--exit-code"]).ok();
    assert_eq!(
        run.stdout,
        format!("{stateful}: as deployed\n{stateless}: as deployed\n")
    );

    let groups = aws.resources(&sandbox)["log groups"].clone();
    let group = groups
        .as_array()
        .unwrap()
        .iter()
        .find(|name| name.as_str().unwrap().contains("APIHandler"))
        .unwrap();
    let retention = json!({"logGroupName": group, "retentionInDays": 1}).to_string();
    aws.target(
        &sandbox,
        "logs",
        "Logs_20140328.PutRetentionPolicy",
        &retention,
    );
    let run = sandbox.umb(&["drift", "dev", "--exit-code"]).fails(4);
    assert_eq!(
        run.stdout,
        format!(
            "{stateful}: as deployed\n{stateless}: changed by hand\n  ~ APIHandlerLogs (AWS::Logs::LogGroup)\n      \
             RetentionInDays: 30 → 1\n"
        )
    );
    assert_eq!(run.stderr, "");
    let drifts: Value =
        serde_json::from_str(&sandbox.umb(&["drift", "dev", "--json"]).ok().stdout).unwrap();
    assert_eq!(drifts[1]["resources"][0]["logical_id"], "APIHandlerLogs");

    let status: Value =
        serde_json::from_str(&sandbox.umb(&["status", "dev", "--json"]).ok().stdout).unwrap();
    assert_eq!(status[0]["stacks"][1]["drift"], "DRIFTED");
}
