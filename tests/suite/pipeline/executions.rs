//! `umb pipeline`: what it says of executions, and what it asks CodePipeline for.

use serde_json::{Value, json};

use crate::harness::{assert_documented, signal};
use crate::terminal::{assert_ends, at_a_terminal};

use super::service::{Service, action, asked, failed_build, pipeline, served, source, stage, with};

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
            "  Prod-Stateful: Approve  waits for approval: `umb pipeline approve`",
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
        // Of what is running, only the moving line.
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
    let none = pipeline(&sandbox, &["logs", "Stateless.Deploy"]).fails(1);
    assert!(
        none.stderr
            .contains("has no build with a log called Stateless.Deploy"),
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
        action("Prod-Stateless", "Stateless.Deploy", "CodeBuild", "Failed"),
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
            .contains("failed in Prod-Stateless, at Stateless.Deploy"),
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
    // The stage has what "one" deployed: it was rolled back from "two".
    pipeline(&sandbox, &["rollback", "prod", "--yes"]).ok();
    let (_, arguments) = asked(&service).remove(0);
    assert_eq!(arguments["targetPipelineExecutionId"], "zero");
}

#[test]
fn a_rule_that_failed_is_named_with_its_reason_and_what_there_is_to_go_back_to() {
    let rule = |status: &str| {
        json!({
            "pipelineExecutionId": "one", "ruleExecutionId": "r", "stageName": "Prod-Stateless", "ruleName": "Alarm",
            "status": status,
            "output": {"executionResult": {"errorDetails": {"code": "AlarmOn", "message": "the alarm is on"}}},
        })
    };
    let (service, sandbox) = served(Service {
        executions: vec![("one", "Failed", None)],
        frames: vec![("one", vec![("Failed", vec![source()])])],
        stages: json!([]),
        rules: vec![rule("Succeeded"), rule("Failed")],
        ..Service::default()
    });
    let run = pipeline(&sandbox, &["watch"]).fails(1);
    assert!(
        run.stderr
            .contains("failed in Prod-Stateless, by the rule Alarm: the alarm is on\n")
            && run
                .stderr
                .contains("nothing has succeeded there since the pipeline was changed"),
        "{run:#?}"
    );
    service.lock().unwrap().succeeded = vec!["zero"];
    let run = pipeline(&sandbox, &["watch"]).fails(1);
    assert!(
        run.stderr
            .contains("`umb pipeline status` shows whether the stage is rolled back"),
        "{run:#?}"
    );
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
        text.contains("hint: the pipeline continues by itself; the same command follows it again"),
        "{text}"
    );
}

#[test]
fn status_says_where_everything_stands() {
    let closed = json!({
        "stageName": "Prod-Stateless",
        "latestExecution": {"pipelineExecutionId": "two", "status": "Failed"},
        "inboundTransitionState": {"enabled": false, "disabledReason": "holidays"},
        "onSuccessConditionState": {
            "latestExecution": {"status": "Failed", "summary": "one rule failed"},
            "conditionStates": [{"ruleStates": [
                {"ruleName": "Hours", "latestExecution": {"status": "Succeeded"}},
                {"ruleName": "Alarm", "latestExecution": {
                    "status": "Failed", "errorDetails": {"message": "the alarm is on"},
                }},
            ]}],
        },
        "actionStates": [{"actionName": "Stateless.Deploy"}],
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
         execution two  failed  started 2023-11-14T22:13:20Z  commit 0123456  \"Mend the door\"  rollback to one\n  \
         Build  failed\n    \
           Build               failed  no more builds\n  \
         Prod-Stateless  failed\n    \
           closed: holidays\n    \
           Stateless.Deploy    –\n    \
           nothing to roll back to: no execution has succeeded here since the pipeline was changed\n    \
           condition  Alarm: the alarm is on\n",
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
