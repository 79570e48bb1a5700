//! `umb destroy all` of everything that an app can have, in the order in which it can go.

use std::process::Stdio;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{MiniStack, Proxy, Sandbox, ministack, signal};

use super::around::{ACCOUNT, Around, ask, deploy_pipeline, describe, on_moto, settings};

/// How long to wait for one thing before looking for another.
const LOOK: Duration = Duration::from_millis(20);
/// Between one call at which a destroy is interrupted and the next.
const STEP: usize = 6;

/// Everything that an app can have, on MiniStack: a stage, the pipeline's stack but for the pipeline, which
/// MiniStack does not take, its roles, buckets and connection.
fn everything(aws: &'static MiniStack) -> (Arc<Mutex<Around>>, Sandbox) {
    let sandbox = Sandbox::on(aws);
    let account = sandbox.variable("AWS_ACCESS_KEY_ID").to_owned();
    settings(&sandbox, &account, "");
    let app = sandbox.app.clone();
    let around = Arc::new(Mutex::new(Around {
        connection: Some(json!([{"Key": "umb:app", "Value": app}])),
        status: "AVAILABLE",
        runs: true,
        gets_a_commit: true,
        ..Around::default()
    }));
    let shared = Arc::clone(&around);
    let proxy = Proxy::over(&aws.endpoint, move |request| {
        shared.lock().unwrap().answer(request, "App")
    });
    let sandbox = sandbox.with("AWS_ENDPOINT_URL", &proxy.endpoint);
    sandbox.umb(&["bootstrap", "dev"]).ok();
    sandbox.umb(&["deploy", "dev"]).ok();
    make_pipeline(aws, &sandbox);
    let bucket = format!("{}-builds-{account}-eu-west-1-an", app.to_lowercase());
    aws.send(
        &sandbox,
        ["s3", "PUT", &format!("{bucket}/artifact")],
        &[],
        Some(b"x"),
    );
    (around, sandbox)
}

/// Makes the stack of the pipeline, without what MiniStack does not take.
fn make_pipeline(aws: &MiniStack, sandbox: &Sandbox) {
    let app = &sandbox.app;
    sandbox.umb(&["synth", "pipeline"]).ok();
    let read = |kind: &str| -> Value {
        let file = sandbox
            .work()
            .join(format!("umb.out/{app}-Pipeline.{kind}.json"));
        serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
    };
    let mut template = read("template");
    template["Resources"]
        .as_object_mut()
        .unwrap()
        .remove("Pipeline");
    let outputs = template["Outputs"].as_object_mut().unwrap();
    outputs.remove("PipelineName");
    outputs.remove("PipelineURL");
    let parameters: Vec<_> = read("parameters")
        .as_array()
        .unwrap()
        .iter()
        .enumerate()
        .flat_map(|(number, parameter)| {
            ["ParameterKey", "ParameterValue"].map(|key| {
                let name = format!("Parameters.member.{}.{key}", number + 1);
                (name, parameter[key].as_str().unwrap().to_owned())
            })
        })
        .collect();
    let name = format!("{app}-Pipeline");
    let template = template.to_string();
    let mut pairs = vec![
        ("StackName", name.as_str()),
        ("TemplateBody", &template),
        ("Capabilities.member.1", "CAPABILITY_NAMED_IAM"),
        ("Tags.member.1.Key", "umb:app"),
        ("Tags.member.1.Value", app),
    ];
    pairs.extend(
        parameters
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str())),
    );
    aws.cloudformation(sandbox, "CreateStack", &pairs);
    aws.until_status(sandbox, &name, "CREATE_COMPLETE");
}

/// Fails the test unless nothing is left of the app.
#[track_caller]
fn assert_nothing_left(aws: &MiniStack, around: &Mutex<Around>, sandbox: &Sandbox) {
    for (service, there) in aws.resources(sandbox) {
        let there = there.as_array().cloned().unwrap_or_default();
        let there: Vec<_> = there
            .iter()
            .filter(|one| {
                one.to_string()
                    .to_lowercase()
                    .contains(&sandbox.app.to_lowercase())
            })
            .collect();
        // The account's role for API Gateway's logs is meant to stay.
        let stays = there
            .iter()
            .all(|one| one.to_string().contains("APIGatewayLogsRole"));
        assert!(stays, "{service}: {there:?}");
    }
    assert!(around.lock().unwrap().connection.is_none());
}

#[test]
fn everything_goes_in_safe_order() {
    let aws = ministack();
    let (around, sandbox) = everything(aws);
    let app = sandbox.app.clone();
    let run = sandbox.umb(&["destroy", "all", "--yes"]).ok();
    assert!(
        run.stderr
            .contains("dev, the pipeline, its roles, and the asset bucket"),
        "{run:#?}"
    );
    let gone: Vec<_> = run
        .stdout
        .lines()
        .filter(|line| line.ends_with("is destroyed"))
        .collect();
    let expected = ["Dev-Stateless", "Dev-Stateful", "Pipeline", "Bootstrap"];
    assert_eq!(
        gone,
        expected.map(|name| format!("{app}-{name} is destroyed"))
    );
    assert!(run.stderr.contains("connection deleted: hub"), "{run:#?}");
    assert!(around.lock().unwrap().is_closed);
    assert_nothing_left(aws, &around, &sandbox);
}

#[test]
fn what_a_person_protects_or_made_stays() {
    let aws = ministack();
    let (around, sandbox) = everything(aws);
    let app = sandbox.app.clone();
    around.lock().unwrap().connection = Some(json!([]));
    let (pipeline, bootstrap) = (format!("{app}-Pipeline"), format!("{app}-Bootstrap"));
    let protect = |stack: &str, on: &str| {
        let pairs = [("StackName", stack), ("EnableTerminationProtection", on)];
        aws.cloudformation(&sandbox, "UpdateTerminationProtection", &pairs);
    };
    // A pipeline that stays needs its roles.
    protect(&pipeline, "true");
    let run = sandbox.umb(&["destroy", "pipeline", "--yes"]).fails(1);
    assert!(
        run.stderr
            .contains(&format!("somebody has protected {pipeline}")),
        "{run:#?}"
    );
    let run = sandbox.umb(&["destroy", "all", "--yes"]).ok();
    assert!(
        run.stderr
            .contains(&format!("{pipeline} stays: somebody has protected it")),
        "{run:#?}"
    );
    assert!(
        run.stderr.contains("the pipeline's roles stay with it"),
        "{run:#?}"
    );
    // Nothing may deploy again what is gone.
    assert!(around.lock().unwrap().is_closed);
    assert_eq!(aws.status(&sandbox, &bootstrap), "CREATE_COMPLETE");
    protect(&pipeline, "false");
    protect(&bootstrap, "true");
    let run = sandbox.umb(&["destroy", "all", "--yes"]).ok();
    assert!(
        run.stderr
            .contains(&format!("{bootstrap} stays: somebody has protected it")),
        "{run:#?}"
    );
    assert!(
        run.stderr
            .contains("the connection hub stays: umb did not create it"),
        "{run:#?}"
    );
    assert_eq!(aws.status(&sandbox, &bootstrap), "CREATE_COMPLETE");
    protect(&bootstrap, "false");
    around.lock().unwrap().connection = None;
    sandbox.umb(&["destroy", "all", "--yes"]).ok();
    assert_nothing_left(aws, &around, &sandbox);
}

/// moto returns a stack's role, as AWS does.
#[test]
fn roles_that_a_remaining_stack_needs_stay() {
    let (moto, around, sandbox) = on_moto();
    let app = sandbox.app.clone();
    deploy_pipeline(&sandbox, &[]).ok();
    around.lock().unwrap().connection = None;
    let role = format!("arn:aws:iam::{ACCOUNT}:role/{app}-Execution-eu-west-1");
    let template = r#"{"Resources": {"Logs": {"Type": "AWS::Logs::LogGroup"}}}"#;
    let query = "Action=CreateStack&StackName=Someones";
    ask(
        &moto,
        &format!("{query}&RoleARN={role}&TemplateBody={template}"),
    );
    let run = sandbox.umb(&["destroy", "all", "--yes"]).ok();
    assert!(
        run.stderr.contains(&format!(
            "{app}-Bootstrap stays: without its roles, CloudFormation could not even delete Someones"
        )),
        "{run:#?}"
    );
    assert!(describe(&moto, &format!("{app}-Bootstrap")).contains("CREATE_COMPLETE"));
}

#[test]
fn destroying_everything_goes_on_where_it_was_interrupted() {
    let aws = ministack();
    // Each of these is the number of a call at which Ctrl-C comes, until there are no more calls than that.
    let mut interruptions = 0;
    for call in (0..).step_by(STEP) {
        let (around, sandbox) = everything(aws);
        let (told, is_told) = channel();
        let (go_on, goes_on) = channel();
        around.lock().unwrap().pause = Some((call, told, goes_on));
        let mut command = sandbox.command(&["destroy", "all", "--yes"]);
        let mut process = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let is_interrupted = loop {
            if is_told.recv_timeout(LOOK).is_ok() {
                break true;
            }
            if process.try_wait().unwrap().is_some() {
                break false;
            }
        };
        if is_interrupted {
            signal(&process.id().to_string(), "INT");
        }
        let ended = process.wait().unwrap();
        let _ = go_on.send(());
        if !is_interrupted {
            assert!(ended.success());
            assert_nothing_left(aws, &around, &sandbox);
            break;
        }
        assert_eq!(ended.code(), Some(130), "at call {call}");
        interruptions += 1;
        let again = sandbox.umb(&["destroy", "all", "--yes"]).ok();
        assert_nothing_left(aws, &around, &sandbox);
        assert!(
            !again.stderr.contains("error"),
            "at call {call}: {again:#?}"
        );
    }
    assert!(interruptions > 5, "{interruptions}");
}
