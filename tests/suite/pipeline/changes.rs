//! `umb pipeline approve`, `run`, `retry`, `rollback` and `stop`.

use std::sync::{Arc, Mutex};

use serde_json::json;

use crate::harness::Sandbox;

use super::service::{Service, asked, pipeline, served, source, stage, waiting};

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
            .contains("hint: its stages are Build, Dev-Stateless, Prod-Stateless"),
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
