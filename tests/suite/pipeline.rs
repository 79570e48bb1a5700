//! `umb pipeline`: what it says of executions, and what it asks CodePipeline for. No emulator's executions
//! advance through actions that fail, wait or are overtaken, so the service's answers are replayed, in the shape of
//! <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_Operations.html>.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::harness::{
    Reply, Request, Run, Sandbox, assert_documented, cloudformation, replay, signal,
};
use crate::terminal::{assert_ends, at_a_terminal};

const ACCOUNT: &str = "111111111111";

/// An execution at one look: where it stands, and its actions.
type Frame = (&'static str, Vec<Value>);

/// CodePipeline as one test plays it.
#[derive(Default)]
struct Service {
    /// The executions, the newest first: id, status, and what the rollback goes back to.
    executions: Vec<(&'static str, &'static str, Option<&'static str>)>,
    /// What each execution shows at one look after the other; the last frame stays.
    frames: Vec<(&'static str, Vec<Frame>)>,
    /// Its stages, as GetPipelineState has them.
    stages: Value,
    /// The executions that succeeded in a stage, the newest first.
    succeeded: Vec<&'static str>,
    /// What a build said.
    log: Vec<&'static str>,
    /// What was asked for that changes something, with its arguments.
    asked: Vec<(String, Value)>,
}

impl Service {
    fn answer(&mut self, request: &Request) -> Reply {
        let operation = request.operation();
        let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
        match operation.as_str() {
            "GetCallerIdentity" => {
                let identity =
                    format!("<Account>{ACCOUNT}</Account><Arn>arn:aws:iam::{ACCOUNT}:root</Arn>");
                (
                    200,
                    cloudformation::response("GetCallerIdentity", &identity),
                )
                    .into()
            }
            "GetPipelineState" if self.stages.is_null() => {
                let error =
                    json!({"__type": "PipelineNotFoundException", "message": "no pipeline"});
                Reply::json(400, &error)
            }
            "GetPipelineState" => Reply::json(200, &json!({"stageStates": self.stages})),
            "ListPipelineExecutions" => {
                let filter = &body["filter"]["succeededInStage"]["stageName"];
                let count = body["maxResults"].as_u64().unwrap_or(100);
                let found: Vec<_> = if filter.is_null() {
                    let all = self.executions.iter().take(usize::try_from(count).unwrap());
                    all.map(|(id, status, back)| summary(id, status, *back))
                        .collect()
                } else {
                    let all = self.succeeded.iter();
                    all.map(|id| {
                        let mut known = self.executions.iter();
                        let back = known
                            .find(|(known, ..)| known == id)
                            .and_then(|(.., back)| *back);
                        summary(id, "Succeeded", back)
                    })
                    .collect()
                };
                Reply::json(200, &json!({"pipelineExecutionSummaries": found}))
            }
            "GetPipelineExecution" => {
                let Some((status, actions)) = self.frame(&body) else {
                    let missing = json!({"__type": "PipelineExecutionNotFoundException"});
                    return Reply::json(400, &missing);
                };
                let mut answer = execution(&body, status, actions);
                let mut known = self.executions.iter();
                let known = known.find(|(id, ..)| body["pipelineExecutionId"] == *id);
                if let Some((_, _, Some(back))) = known {
                    answer["pipelineExecution"]["rollbackMetadata"] =
                        json!({"rollbackTargetPipelineExecutionId": back});
                }
                Reply::json(200, &answer)
            }
            "ListActionExecutions" => {
                let id = body["filter"].clone();
                if self.frame(&id).is_none() {
                    let missing = json!({"__type": "PipelineExecutionNotFoundException"});
                    return Reply::json(400, &missing);
                }
                let actions = self
                    .frame(&id)
                    .map_or_else(Vec::new, |(_, actions)| actions.clone());
                self.turn(&id);
                Reply::json(200, &json!({"actionExecutionDetails": actions}))
            }
            "GetLogEvents" => {
                let seen = body["nextToken"] == "end";
                let lines: &[_] = if seen { &[] } else { &self.log };
                let events: Vec<_> = lines.iter().map(|line| json!({"message": line})).collect();
                Reply::json(200, &json!({"events": events, "nextForwardToken": "end"}))
            }
            "DescribeStacks" => cloudformation::stack("UPDATE_ROLLBACK_COMPLETE").into(),
            "DescribeStackEvents" | "DescribeEvents" => cloudformation::events(&[
                ("App-Dev-Stateful", "UPDATE_ROLLBACK_COMPLETE", ""),
                ("Table", "UPDATE_FAILED", "Subscriber limit exceeded"),
                ("App-Dev-Stateful", "UPDATE_IN_PROGRESS", "User Initiated"),
            ])
            .into(),
            "StartPipelineExecution"
            | "RetryStageExecution"
            | "RollbackStage"
            | "StopPipelineExecution"
            | "PutApprovalResult" => {
                let mut arguments = body;
                if let Some(arguments) = arguments.as_object_mut() {
                    arguments.remove("clientRequestToken");
                }
                self.asked.push((operation, arguments));
                Reply::json(200, &json!({"pipelineExecutionId": "new"}))
            }
            other => panic!("{other} is not to be called"),
        }
    }

    fn frame(&self, body: &Value) -> Option<&Frame> {
        let frames = self
            .frames
            .iter()
            .find(|(id, _)| body["pipelineExecutionId"] == *id);
        frames.and_then(|(_, frames)| frames.first())
    }

    fn turn(&mut self, body: &Value) {
        for (id, frames) in &mut self.frames {
            if body["pipelineExecutionId"] == *id && frames.len() > 1 {
                frames.remove(0);
            }
        }
    }
}

fn summary(id: &str, status: &str, back: Option<&str>) -> Value {
    let message =
        json!({"ProviderType": "GitHub", "CommitMessage": "Mend the door\n\nIt squeaked."});
    let mut summary = json!({
        "pipelineExecutionId": id, "status": status, "startTime": 1_700_000_000.0,
        "trigger": {"triggerType": "WebhookV2"},
        "sourceRevisions": [{
            "actionName": "Source", "revisionId": "0123456789abcdef", "revisionSummary": message.to_string(),
        }],
    });
    if let Some(back) = back {
        summary["rollbackMetadata"] = json!({"rollbackTargetPipelineExecutionId": back});
    }
    summary
}

fn execution(body: &Value, status: &str, actions: &[Value]) -> Value {
    let revision = json!([{"name": "Source", "revisionId": "0123456789abcdef", "revisionSummary": "Mend the door"}]);
    let none = json!([]);
    json!({"pipelineExecution": {
        "pipelineName": body["pipelineName"], "pipelineExecutionId": body["pipelineExecutionId"],
        "status": status, "artifactRevisions": if actions.is_empty() { none } else { revision },
    }})
}

/// An action's details.
fn action(stage: &str, name: &str, provider: &str, status: &str) -> Value {
    json!({
        "pipelineExecutionId": "one", "actionExecutionId": format!("{stage}-{name}"),
        "stageName": stage, "actionName": name, "status": status,
        "startTime": 1_700_000_000.0, "lastUpdateTime": 1_700_000_083.0,
        "input": {"actionTypeId": {"category": "Build", "owner": "AWS", "provider": provider, "version": "1"}},
    })
}

fn with(mut action: Value, pointer: &[&str], value: &Value) -> Value {
    let mut place = &mut action;
    for key in pointer {
        place = &mut place[*key];
    }
    place.clone_from(value);
    action
}

fn source() -> Value {
    let variables = json!({
        "CommitId": "0123456789abcdef", "CommitMessage": "Mend the door", "AuthorDisplayName": "Jane",
    });
    with(
        action("Source", "Source", "CodeStarSourceConnection", "Succeeded"),
        &["output"],
        &json!({ "outputVariables": variables }),
    )
}

fn failed_build() -> Value {
    let result = json!({"executionResult": {
        "externalExecutionId": "App-Pipeline-Build:1234",
        "errorDetails": {"code": "JobFailed", "message": "Build terminated with state: FAILED"},
    }});
    with(
        action("Build", "Build", "CodeBuild", "Failed"),
        &["output"],
        &result,
    )
}

fn stage(name: &str, status: &str, actions: &[Value]) -> Value {
    json!({
        "stageName": name,
        "inboundTransitionState": {"enabled": true},
        "latestExecution": {"pipelineExecutionId": "one", "status": status},
        "actionStates": actions,
    })
}

fn waiting(name: &str) -> Value {
    stage(
        name,
        "InProgress",
        &[json!({
            "actionName": "Approve",
            "latestExecution": {"status": "InProgress", "token": format!("token of {name}")},
        })],
    )
}

fn served(service: Service) -> (Arc<Mutex<Service>>, Sandbox) {
    let service = Arc::new(Mutex::new(service));
    let shared = Arc::clone(&service);
    let endpoint = replay(move |request| shared.lock().unwrap().answer(request));
    let sandbox = Sandbox::new()
        .with("AWS_ENDPOINT_URL", &endpoint)
        .with("AWS_REGION", "eu-west-1")
        .with("AWS_ACCESS_KEY_ID", "AKIA")
        .with("AWS_SECRET_ACCESS_KEY", "secret");
    sandbox.whole_settings("app = \"App\"");
    (service, sandbox)
}

fn pipeline(sandbox: &Sandbox, args: &[&str]) -> Run {
    sandbox.umb(&[&["pipeline"], args].concat())
}

fn asked(service: &Mutex<Service>) -> Vec<(String, Value)> {
    std::mem::take(&mut service.lock().unwrap().asked)
}

#[test]
fn an_execution_is_followed_to_its_end() {
    let building = action("Build", "Build", "CodeBuild", "InProgress");
    let built = action("Build", "Build", "CodeBuild", "Succeeded");
    let approval = action("Prod-Stateful", "Approve", "Manual", "InProgress");
    let approved = action("Prod-Stateful", "Approve", "Manual", "Succeeded");
    let frames = vec![
        ("InProgress", vec![]),
        ("InProgress", vec![source(), building]),
        ("InProgress", vec![source(), built.clone(), approval]),
        ("Succeeded", vec![source(), built, approved]),
    ];
    let follow = |args: &[&str]| {
        let (_, sandbox) = served(Service {
            executions: vec![("one", "InProgress", None)],
            frames: vec![("one", frames.clone())],
            stages: json!([]),
            ..Service::default()
        });
        pipeline(&sandbox, args).ok()
    };
    let run = follow(&["watch"]);
    let lines: Vec<_> = run.stderr.lines().collect();
    assert_eq!(
        lines,
        [
            "execution one  in progress  commit 0123456  \"Mend the door\"  by Jane",
            "  Source: Source  succeeded, 83 seconds",
            "  Build: Build  in progress",
            "  Build: Build  succeeded, 83 seconds",
            "  Prod-Stateful: Approve  waits for a person: `umb pipeline approve`",
            "  Prod-Stateful: Approve  succeeded, 83 seconds",
            "the execution one succeeded",
        ],
        "{run:#?}"
    );
    let json = follow(&["watch", "one", "--json"]).stdout;
    assert_documented("event", &json);
    assert!(
        json.lines()
            .last()
            .unwrap()
            .contains("\"status\":\"succeeded\""),
        "{json}"
    );
}

#[test]
fn a_terminal_shows_what_goes_on_and_keeps_what_has_ended() {
    let building = action("Build", "Build", "CodeBuild", "InProgress");
    let built = action("Build", "Build", "CodeBuild", "Succeeded");
    // Long enough for the moving line to be drawn.
    let mut frames = vec![("InProgress", vec![source(), building]); 6];
    frames.push(("Succeeded", vec![source(), built]));
    let (_, sandbox) = served(Service {
        executions: vec![("one", "InProgress", None)],
        frames: vec![("one", frames)],
        stages: json!([]),
        ..Service::default()
    });
    let mut session = at_a_terminal(&sandbox, &["pipeline", "watch"]);
    for expected in [
        "commit 0123456",
        "Source: Source",
        // Of what goes on, the moving line alone.
        " Build: Build ",
        "succeeded",
        ", 83 seconds",
        "the execution one succeeded",
    ] {
        session.exp_string(expected).unwrap();
    }
    assert_ends(&mut session, 0);
}

#[test]
fn a_failed_build_shows_its_last_lines() {
    let (_, sandbox) = served(Service {
        executions: vec![("one", "Failed", None)],
        frames: vec![("one", vec![("Failed", vec![source(), failed_build()])])],
        stages: json!([]),
        log: vec!["test a_door ... FAILED\n", "error: test failed"],
        ..Service::default()
    });
    let run = pipeline(&sandbox, &["watch"]).fails(1);
    assert!(
        run.stderr.contains(
            "  Build: Build  failed, 83 seconds\n    Build terminated with state: FAILED\n    │ test a_door ... FAILED\n    │ error: test failed\n"
        ),
        "{run:#?}"
    );
    assert!(
        run.stderr.contains(
            "error: the execution one failed in Build, at Build\nhint: `umb pipeline logs`"
        ),
        "{run:#?}"
    );
    let logs = pipeline(&sandbox, &["logs"]).ok().stdout;
    assert_eq!(logs, "test a_door ... FAILED\nerror: test failed\n");
    let none = pipeline(&sandbox, &["logs", "SmokeTest"]).fails(1);
    assert!(
        none.stderr
            .contains("has no build of SmokeTest whose log can be shown"),
        "{none:#?}"
    );
}

#[test]
fn a_failed_deploy_shows_cloudformations_first_failure() {
    let deploy = with(
        action(
            "Dev-Stateful",
            "Stateful.Deploy",
            "CloudFormation",
            "Failed",
        ),
        &["input", "configuration"],
        &json!({"StackName": "App-Dev-Stateful"}),
    );
    let (_, sandbox) = served(Service {
        executions: vec![("one", "Failed", None)],
        frames: vec![("one", vec![("Failed", vec![source(), deploy])])],
        stages: json!([]),
        ..Service::default()
    });
    let run = pipeline(&sandbox, &["watch"]).fails(1);
    assert!(run.stderr.contains("Subscriber limit exceeded"), "{run:#?}");
    assert!(
        run.stderr
            .contains("failed in Dev-Stateful, at Stateful.Deploy"),
        "{run:#?}"
    );
}

#[test]
fn an_execution_that_is_overtaken_leads_to_the_newer_one() {
    let (_, sandbox) = served(Service {
        executions: vec![("two", "Succeeded", None), ("one", "Superseded", None)],
        frames: vec![
            (
                "one",
                vec![
                    ("InProgress", vec![source()]),
                    ("Superseded", vec![source()]),
                ],
            ),
            ("two", vec![("Succeeded", vec![source()])]),
        ],
        stages: json!([]),
        ..Service::default()
    });
    let run = pipeline(&sandbox, &["watch", "one"]).ok();
    assert!(
        run.stderr.contains("execution one  in progress"),
        "{run:#?}"
    );
    assert!(
        run.stderr.ends_with("the execution two succeeded\n"),
        "{run:#?}"
    );
    let none = pipeline(&sandbox, &["watch", "three"]).fails(1);
    assert!(
        none.stderr.contains("App-Pipeline has no execution three"),
        "{none:#?}"
    );
}

#[test]
fn what_failed_is_what_failed_when_it_was_tried_last() {
    let retried = with(
        action("Build", "Build", "CodeBuild", "Succeeded"),
        &["actionExecutionId"],
        &json!("again"),
    );
    let retried = with(retried, &["startTime"], &json!(1_700_000_100.0));
    let later = with(
        action("Prod-Stateless", "SmokeTest", "CodeBuild", "Failed"),
        &["startTime"],
        &json!(1_700_000_200.0),
    );
    let (_, sandbox) = served(Service {
        executions: vec![("one", "Failed", None)],
        frames: vec![(
            "one",
            vec![("Failed", vec![source(), failed_build(), retried, later])],
        )],
        stages: json!([]),
        ..Service::default()
    });
    let run = pipeline(&sandbox, &["watch"]).fails(1);
    assert!(
        run.stderr
            .contains("failed in Prod-Stateless, at SmokeTest"),
        "{run:#?}"
    );
}

#[test]
fn an_execution_that_was_overtaken_long_ago_is_no_success() {
    let (_, sandbox) = served(Service {
        executions: vec![("two", "Succeeded", None), ("one", "Superseded", None)],
        frames: vec![("one", vec![("Superseded", vec![source()])])],
        stages: json!([]),
        ..Service::default()
    });
    let run = pipeline(&sandbox, &["watch", "one"]).fails(1);
    assert!(
        run.stderr
            .contains("the execution one was not successful: superseded"),
        "{run:#?}"
    );
}

#[test]
fn a_stage_that_was_taken_back_is_taken_back_further() {
    let stage = with(
        stage("Prod-Stateless", "Succeeded", &[]),
        &["latestExecution", "pipelineExecutionId"],
        &json!("back"),
    );
    let (service, sandbox) = served(Service {
        executions: vec![("back", "Succeeded", Some("one"))],
        frames: vec![("back", vec![("Succeeded", vec![source()])])],
        stages: json!([stage]),
        succeeded: vec!["back", "two", "one", "zero"],
        ..Service::default()
    });
    // What is there is what "one" deployed: "two" is what it was taken back from.
    pipeline(&sandbox, &["rollback", "prod", "--yes"]).ok();
    let (_, arguments) = asked(&service).remove(0);
    assert_eq!(arguments["targetPipelineExecutionId"], "zero");
}

#[test]
fn ctrl_c_ends_the_following_alone() {
    let building = action("Build", "Build", "CodeBuild", "InProgress");
    let (_, sandbox) = served(Service {
        executions: vec![("one", "InProgress", None)],
        frames: vec![("one", vec![("InProgress", vec![source(), building])])],
        stages: json!([]),
        ..Service::default()
    });
    let mut command = sandbox.command(&["pipeline", "watch"]);
    let mut process = command
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = std::io::BufReader::new(process.stderr.take().unwrap());
    let mut text = String::new();
    while !text.contains("Build: Build  in progress") {
        std::io::BufRead::read_line(&mut stderr, &mut text).unwrap();
    }
    signal(&process.id().to_string(), "INT");
    std::io::Read::read_to_string(&mut stderr, &mut text).unwrap();
    assert_eq!(process.wait().unwrap().code(), Some(130), "{text}");
    assert!(
        text.contains("hint: the pipeline goes on by itself; `umb pipeline watch` follows it"),
        "{text}"
    );
}

#[test]
fn status_says_where_everything_stands() {
    let closed = json!({
        "stageName": "Prod-Stateless",
        "inboundTransitionState": {"enabled": false, "disabledReason": "holidays"},
        "onSuccessConditionState": {"latestExecution": {"status": "Failed", "summary": "the alarm is on"}},
        "actionStates": [{"actionName": "SmokeTest"}],
    });
    let failed = json!({
        "actionName": "Build",
        "latestExecution": {"status": "Failed", "errorDetails": {"message": "no more builds"}},
    });
    let (service, sandbox) = served(Service {
        executions: vec![("two", "Failed", Some("one"))],
        stages: json!([stage("Build", "Failed", &[failed]), closed]),
        ..Service::default()
    });
    let run = pipeline(&sandbox, &["status"]).ok();
    assert_eq!(
        run.stdout,
        "App-Pipeline (account 111111111111, eu-west-1)\n  \
         execution two  failed  began 2023-11-14T22:13:20Z  commit 0123456  \"Mend the door\"  back to what one deployed\n  \
         Build  failed\n    \
           Build               failed  no more builds\n  \
         Prod-Stateless  –\n    \
           nothing goes into it: holidays\n    \
           SmokeTest           –\n    \
           condition  the alarm is on\n",
        "{run:#?}"
    );
    let json = pipeline(&sandbox, &["status", "--json"]).ok().stdout;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_documented("pipeline_status", &json.to_string());
    service.lock().unwrap().stages = Value::Null;
    let none = pipeline(&sandbox, &["status"]).fails(1);
    assert!(
        none.stderr.contains("there is no pipeline App-Pipeline (account 111111111111, eu-west-1)\nhint: `umb deploy pipeline`"),
        "{none:#?}"
    );
}

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
            .contains("approvals wait in Qa-Stateful, Prod-Stateful"),
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
            .contains("there is nothing to approve of App-Pipeline"),
        "{run:#?}"
    );
}

#[test]
fn executions_are_started_repeated_taken_back_and_stopped() {
    let (service, sandbox) = served(Service {
        executions: vec![("one", "InProgress", None)],
        stages: json!([
            stage("Build", "Succeeded", &[]),
            stage("Dev-Stateless", "Failed", &[]),
            stage("Prod-Stateless", "Succeeded", &[]),
        ]),
        frames: vec![("one", vec![("InProgress", vec![source()])])],
        succeeded: vec!["one", "zero"],
        ..Service::default()
    });
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
