//! `umb pipeline approve`, `run`, `retry`, `rollback` and `stop`.

use std::io::{Cursor, Write as _};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::harness::{Sandbox, assert_documented};

use super::service::{Service, action, asked, pipeline, served, source, stage, waiting, with};

#[test]
fn what_waits_for_a_person_is_approved_or_refused() {
    let (service, sandbox) = served(Service {
        stages: json!([waiting("Qa-Stateful"), stage("Build", "Succeeded", &[])]),
        ..Service::default()
    });
    pipeline(&sandbox, &["approve"]).fails(3);
    assert!(asked(&service).is_empty());
    pipeline(&sandbox, &["approve", "--yes", "--message", "seen"]).ok();
    let (operation, arguments) = asked(&service).remove(0);
    assert_eq!(operation, "PutApprovalResult");
    assert_eq!(
        arguments,
        json!({
            "pipelineName": "App-Pipeline", "stageName": "Qa-Stateful", "actionName": "Approve",
            "token": "token of Qa-Stateful", "result": {"status": "Approved", "summary": "seen"},
        })
    );
    service.lock().unwrap().stages = json!([waiting("Qa-Stateful"), waiting("Prod-Stateful")]);
    let run = pipeline(&sandbox, &["approve", "--yes"]).fails(1);
    assert!(
        run.stderr
            .contains("several stages wait for approval: Qa-Stateful, Prod-Stateful"),
        "{run:#?}"
    );
    pipeline(&sandbox, &["approve", "prod", "--reject", "--yes"]).ok();
    let (_, arguments) = asked(&service).remove(0);
    assert_eq!(
        [&arguments["stageName"], &arguments["result"]["status"]],
        ["Prod-Stateful", "Rejected"]
    );
    service.lock().unwrap().stages = json!([stage("Build", "Succeeded", &[])]);
    let run = pipeline(&sandbox, &["approve", "--yes"]).fails(1);
    assert!(
        run.stderr
            .contains("there is nothing to approve in App-Pipeline"),
        "{run:#?}"
    );
}

/// The artifact of a Plan, as CodePipeline stores it.
fn proposal() -> Vec<u8> {
    let plan = json!({
        "format": 1, "umb": "0.1.0", "app": "App", "stage": "prod", "account": "111111111111",
        "region": "eu-west-1", "artifact": "0".repeat(64), "stacks": [
            {"stack": "App-Prod-Stateful", "action": "none", "digest": "00", "reconciles_code": false,
             "resources": [], "broader": []},
            {"stack": "App-Prod-Stateless", "action": "update", "digest": "01", "reconciles_code": false,
             "resources": [{
                "logical_id": "APIHandler", "resource_type": "AWS::Lambda::Function", "action": "modify",
                "properties": [], "effect": "the next requests start cold", "needs_consent": false,
                "loses_data": false,
             }],
             "broader": [{"logical_id": "RestAPI", "grants": "anyone may call it"}]},
        ],
    });
    let file = json!({"format": 1, "plan": plan}).to_string();
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    archive
        .start_file("plan.json", SimpleFileOptions::default())
        .unwrap();
    archive.write_all(file.as_bytes()).unwrap();
    archive.finish().unwrap().into_inner()
}

/// One execution waits for an approval while another one builds: the waiting one's plan is shown.
#[test]
fn what_waits_is_shown_with_its_commit_and_its_plan() {
    let planned = with(
        action("Prod-Stateful", "Plan", "CodeBuild", "Succeeded"),
        &["output"],
        &json!({"outputArtifacts": [
            {"name": "Plan1", "s3location": {"bucket": "artifacts", "key": "App-Pipeline/Plan1/x"}}
        ]}),
    );
    let (service, sandbox) = served(Service {
        executions: vec![("two", "InProgress", None), ("one", "InProgress", None)],
        frames: vec![
            ("two", vec![("InProgress", vec![])]),
            ("one", vec![("InProgress", vec![source(), planned])]),
        ],
        stages: json!([stage("Synth", "InProgress", &[]), waiting("Prod-Stateful")]),
        artifact: proposal(),
        ..Service::default()
    });
    let shown = pipeline(&sandbox, &["approve"]).fails(3);
    for text in [
        "Prod-Stateful: waits for approval",
        "execution one  in progress  commit 0123456  \"Mend the door\"  by Jane",
        "App-Prod-Stateful: no changes",
        "App-Prod-Stateless: will be updated",
        "~ APIHandler (AWS::Lambda::Function)",
        "RestAPI: anyone may call it",
    ] {
        assert!(shown.stderr.contains(text), "{text}: {shown:#?}");
    }
    let shown = pipeline(&sandbox, &["approve", "--json"]).ok().stdout;
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_documented("pipeline_waiting", &shown.to_string());
    assert_eq!(
        [&shown["execution"]["id"], &shown["plan"]["stage"]],
        ["one", "prod"]
    );
    assert!(asked(&service).is_empty());
    // Without a plan, as of an older umb, it can still be approved.
    service.lock().unwrap().frames = vec![("one", vec![("InProgress", vec![source()])])];
    let shown = pipeline(&sandbox, &["approve"]).fails(3);
    assert!(shown.stderr.contains("its plan is not known"), "{shown:#?}");
    pipeline(&sandbox, &["approve", "--yes"]).ok();
    assert_eq!(asked(&service)[0].0, "PutApprovalResult");
}

#[test]
fn what_a_commit_was_refused_for_is_allowed_by_its_digest_alone() {
    let digest = "0123456789abcdef0123456789abcdef";
    let refused = with(
        action("UpdatePipeline", "UpdatePipeline", "CodeBuild", "Failed"),
        &["output"],
        &json!({"executionResult": {"externalExecutionId": "App-Pipeline-Update:1234"}}),
    );
    let (service, sandbox) = served(Service {
        executions: vec![("one", "Failed", None)],
        frames: vec![("one", vec![("Failed", vec![source(), refused])])],
        stages: json!([stage("UpdatePipeline", "Failed", &[])]),
        log: vec![
            "error: nobody has allowed what this commit makes broader: a thing",
            "hint: `umb pipeline approve --broader 0123456789abcdef0123456789abcdef`, run by a person",
        ],
        ..Service::default()
    });
    let other = pipeline(
        &sandbox,
        &["approve", "--broader", &"f".repeat(32), "--yes"],
    )
    .fails(1);
    assert!(
        other
            .stderr
            .contains("the newest execution of App-Pipeline was not refused for ffff"),
        "{other:#?}"
    );
    let shown = pipeline(&sandbox, &["approve", "--broader", digest]).fails(3);
    assert!(
        shown.stderr.contains("commit 0123456")
            && shown.stderr.contains("this commit makes broader: a thing"),
        "{shown:#?}"
    );
    assert!(asked(&service).is_empty());
    pipeline(&sandbox, &["approve", "--broader", digest, "--yes"]).ok();
    assert_eq!(
        asked(&service),
        [
            ("PUT".to_owned(), json!(format!("one/{digest}"))),
            (
                "RetryStageExecution".to_owned(),
                json!({"pipelineName": "App-Pipeline", "stageName": "UpdatePipeline", "pipelineExecutionId": "one",
                       "retryMode": "FAILED_ACTIONS"}),
            ),
        ]
    );
}

/// A pipeline whose newest execution failed in Dev-Stateless.
fn failed_in_dev() -> (Arc<Mutex<Service>>, Sandbox) {
    served(Service {
        executions: vec![("one", "InProgress", None)],
        stages: json!([
            stage("Build", "Succeeded", &[]),
            stage("Dev-Stateless", "Failed", &[]),
            stage("Prod-Stateless", "Succeeded", &[]),
        ]),
        frames: vec![("one", vec![("InProgress", vec![source()])])],
        succeeded: vec!["one", "zero"],
        ..Service::default()
    })
}

#[test]
fn executions_are_started_repeated_taken_back_and_stopped() {
    let (service, sandbox) = failed_in_dev();
    let name = "App-Pipeline";
    for (args, operation, arguments) in [
        (
            &["run"][..],
            "StartPipelineExecution",
            json!({"name": name}),
        ),
        (
            &["retry"],
            "RetryStageExecution",
            json!({"pipelineName": name, "stageName": "Dev-Stateless", "pipelineExecutionId": "one", "retryMode": "ALL_ACTIONS"}),
        ),
        (
            &["rollback", "prod", "--yes"],
            "RollbackStage",
            json!({"pipelineName": name, "stageName": "Prod-Stateless", "targetPipelineExecutionId": "zero"}),
        ),
        (
            &["rollback", "prod", "--to", "other", "--yes"],
            "RollbackStage",
            json!({"pipelineName": name, "stageName": "Prod-Stateless", "targetPipelineExecutionId": "other"}),
        ),
    ] {
        let run = pipeline(&sandbox, args).ok();
        assert_eq!(run.stdout, "new\n", "{args:?}");
        assert_eq!(
            asked(&service),
            [(operation.to_owned(), arguments)],
            "{args:?}"
        );
    }
    pipeline(&sandbox, &["stop", "--abandon"]).ok();
    let (operation, arguments) = asked(&service).remove(0);
    assert_eq!(operation, "StopPipelineExecution");
    assert_eq!(
        [&arguments["pipelineExecutionId"], &arguments["abandon"]],
        [&json!("one"), &json!(true)]
    );

    pipeline(&sandbox, &["rollback", "prod"]).fails(3);
    let run = pipeline(&sandbox, &["rollback", "nope", "--yes"]).fails(2);
    assert!(
        run.stderr
            .contains("hint: its stages are Dev-Stateless, Prod-Stateless"),
        "{run:#?}"
    );
    pipeline(&sandbox, &["retry", "prod"]).fails(1);
    {
        let mut service = service.lock().unwrap();
        service.succeeded = vec!["one"];
        service.executions = vec![("one", "Succeeded", None)];
    }
    pipeline(&sandbox, &["rollback", "prod", "--yes"]).fails(1);
    pipeline(&sandbox, &["stop"]).fails(1);
    assert!(asked(&service).is_empty());
}
