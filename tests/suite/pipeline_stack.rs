//! The pipeline as a target: deployed, updated by itself, destroyed, alone and with everything else. moto takes
//! pipelines in templates, and MiniStack what they deploy; connections and the pipeline's state, which neither has,
//! are answered before them.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{
    MiniStack, Moto, Proxy, Reply, Request, Sandbox, assert_documented, copied, ministack, request,
    run_buildspec, signal,
};

const ACCOUNT: &str = "111111111111";
/// How long to wait for one thing before looking for another.
const LOOK: Duration = Duration::from_millis(20);
/// Between one call at which a destroy is interrupted and the next.
const STEP: usize = 6;

/// What is answered before an emulator.
#[derive(Default)]
struct Around {
    /// The connection: its tags; none where it is deleted.
    connection: Option<Value>,
    status: &'static str,
    /// Whether an execution goes on.
    runs: bool,
    /// Whether nothing goes into the pipeline's Build any more.
    is_closed: bool,
    /// Whether a commit starts another execution as soon as the first one is stopped.
    gets_a_commit: bool,
    /// After so many more calls, who is to know, and whose word is waited for.
    pause: Option<(usize, Sender<()>, Receiver<()>)>,
}

impl Around {
    fn answer(&mut self, request: &Request, app: &str) -> Option<Reply> {
        self.count();
        let operation = request.operation();
        if request.path.contains("CodeConnections") || request.target.contains("CodeConnections") {
            return Some(self.connections(&operation, request));
        }
        if !request.target.contains("CodePipeline") {
            return None;
        }
        let answer = match operation.as_str() {
            "GetPipelineState" => json!({"pipelineName": app, "stageStates": [{
                "stageName": "Build",
                "inboundTransitionState": {"enabled": !self.is_closed, "disabledReason": "umb destroy"},
            }]}),
            "ListPipelineExecutions" => {
                let status = if self.runs { "InProgress" } else { "Stopped" };
                json!({"pipelineExecutionSummaries": [{"pipelineExecutionId": "one", "status": status}]})
            }
            "ListPipelines" => json!({"pipelines": []}),
            "GetPipelineExecution" => json!({"pipelineExecution": {
                "pipelineExecutionId": "one", "status": "Stopped",
            }}),
            "ListActionExecutions" => json!({"actionExecutionDetails": []}),
            "EnableStageTransition" => {
                self.is_closed = false;
                json!({})
            }
            "DisableStageTransition" => {
                self.is_closed = true;
                json!({})
            }
            "StopPipelineExecution" => {
                self.runs = std::mem::take(&mut self.gets_a_commit);
                json!({"pipelineExecutionId": "one"})
            }
            _ => return None,
        };
        Some(Reply::json(200, &answer))
    }

    /// Counts a call; at the one that was asked for, everything waits.
    fn count(&mut self) {
        let Some((left, told, go_on)) = &mut self.pause else {
            return;
        };
        if *left > 0 {
            *left -= 1;
            return;
        }
        let _ = told.send(());
        let _ = go_on.recv();
        self.pause = None;
    }

    fn connections(&mut self, operation: &str, request: &Request) -> Reply {
        let arn = format!("arn:aws:codeconnections:eu-west-1:{ACCOUNT}:connection/hub");
        let shown = json!({
            "ConnectionName": "hub", "ConnectionArn": arn, "ProviderType": "GitHub",
            "OwnerAccountId": ACCOUNT, "ConnectionStatus": self.status,
        });
        match (operation, &self.connection) {
            ("ListConnections", Some(_)) => Reply::cbor(200, &json!({ "Connections": [shown] })),
            ("ListConnections", None) => Reply::cbor(200, &json!({ "Connections": [] })),
            ("GetConnection", Some(_)) => Reply::cbor(200, &json!({ "Connection": shown })),
            ("ListTagsForResource", Some(tags)) => Reply::cbor(200, &json!({ "Tags": tags })),
            ("DeleteConnection", _) => {
                self.connection = None;
                Reply::cbor(200, &json!({}))
            }
            _ => panic!("{operation} is not to be called: {:?}", request.cbor()),
        }
    }
}

/// The settings of a pipeline that deploys `dev` in the account of the sandbox.
fn settings(sandbox: &Sandbox, account: &str, more: &str) {
    sandbox.settings(&format!(
        "[pipeline]\naccount = \"{account}\"\nregion = \"eu-west-1\"\nconnection = \"hub\"\n\
         repository = \"octo/backend\"\nstages = [\"dev\"]\n{more}"
    ));
}

/// moto with connections, and a sandbox on it.
fn on_moto() -> (Moto, Arc<Mutex<Around>>, Sandbox) {
    let moto = Moto::start();
    let around = Arc::new(Mutex::new(Around {
        connection: Some(json!([])),
        status: "AVAILABLE",
        ..Around::default()
    }));
    let shared = Arc::clone(&around);
    let proxy = Proxy::over(&moto.endpoint, move |request| {
        shared.lock().unwrap().answer(request, "App")
    });
    let sandbox = Moto::sandbox(&proxy.endpoint);
    settings(&sandbox, ACCOUNT, "");
    (moto, around, sandbox)
}

fn describe(moto: &Moto, stack: &str) -> String {
    let query = format!("Action=DescribeStacks&Version=2010-05-15&StackName={stack}");
    let headers = [
        ("Content-Type", "application/x-www-form-urlencoded"),
        (
            "Authorization",
            "AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/cloudformation/aws4_request, SignedHeaders=host, Signature=0",
        ),
    ];
    let url = format!("{}/", moto.endpoint);
    request("POST", &url, &headers, Some(query.as_bytes()))
        .unwrap()
        .body
}

#[test]
fn a_pipeline_is_deployed_with_its_roles_and_destroyed() {
    let (moto, around, sandbox) = on_moto();
    let app = sandbox.app.clone();
    let plan = sandbox.umb(&["plan", "pipeline", "--exit-code"]).fails(4);
    assert!(
        plan.stdout
            .starts_with(&format!("{app}-Pipeline: to be created\n")),
        "{plan:#?}"
    );
    let run = sandbox.umb(&["deploy", "pipeline"]).ok();
    for name in ["Bootstrap", "Pipeline"] {
        assert!(
            run.stdout.contains(&format!(" ✅  {app}-{name}\n")),
            "{run:#?}"
        );
    }
    let stack = describe(&moto, &format!("{app}-Pipeline"));
    let role =
        format!("<RoleARN>arn:aws:iam::{ACCOUNT}:role/{app}-ExecutionPipeline-eu-west-1</RoleARN>");
    assert!(stack.contains(&role), "{stack}");

    let again = sandbox.umb(&["deploy", "pipeline", "--json"]).ok();
    assert_documented("event", &again.stdout);
    assert_eq!(
        again.stdout.matches("\"outcome\":\"unchanged\"").count(),
        2,
        "{again:#?}"
    );
    assert!(!again.stdout.contains("stack_started"), "{again:#?}");
    sandbox.umb(&["outputs", "pipeline"]).ok();
    sandbox.umb(&["plan", "pipeline", "--exit-code"]).ok();
    // Nothing has changed, so nothing begins, and what ended before is no matter.
    let followed = sandbox.umb(&["deploy", "pipeline", "--follow"]).ok();
    assert!(
        followed.stderr.contains("no execution has begun"),
        "{followed:#?}"
    );
    // A destroy that was not ended has stopped the pipeline.
    around.lock().unwrap().is_closed = true;
    let resumed = sandbox.umb(&["deploy", "pipeline"]).ok();
    assert!(
        resumed.stderr.contains("it takes commits again"),
        "{resumed:#?}"
    );
    assert!(!around.lock().unwrap().is_closed);
    let run = sandbox.umb(&["deploy", "pipeline", "--express"]).fails(2);
    assert!(
        run.stderr.contains("the pipeline takes no flags but"),
        "{run:#?}"
    );

    // What executions handed on is in the bucket; one goes on.
    let bucket = format!("{}-builds-{ACCOUNT}-eu-west-1-an", app.to_lowercase());
    let url = format!("{}/{bucket}/artifact", moto.endpoint);
    assert_eq!(request("PUT", &url, &[], Some(b"x")).unwrap().status, 200);
    around.lock().unwrap().runs = true;
    sandbox.umb(&["destroy", "pipeline"]).fails(3);
    let run = sandbox.umb(&["destroy", "pipeline", "--yes"]).ok();
    assert_eq!(run.stdout, format!("{app}-Pipeline is destroyed\n"));
    {
        let around = around.lock().unwrap();
        assert!(around.is_closed && !around.runs);
    }
    assert!(!describe(&moto, &format!("{app}-Pipeline")).contains("CREATE_COMPLETE"));
    assert!(describe(&moto, &format!("{app}-Bootstrap")).contains("CREATE_COMPLETE"));
    let none = sandbox.umb(&["destroy", "pipeline"]).fails(1);
    assert!(
        none.stderr
            .contains("the pipeline is not deployed (account 111111111111, eu-west-1)"),
        "{none:#?}"
    );
    sandbox.umb(&["destroy", "pipeline", "--yes"]).ok();
    sandbox.umb(&["outputs", "pipeline"]).fails(1);
}

#[test]
fn a_pipeline_brings_itself_to_what_the_commit_says() {
    let (moto, _, sandbox) = on_moto();
    let app = sandbox.app.clone();
    sandbox.umb(&["deploy", "pipeline"]).ok();
    sandbox.umb(&["synth", "pipeline"]).ok();
    let template = format!("umb.out/{app}-Pipeline.template.json");
    let template: Value =
        serde_json::from_slice(&std::fs::read(sandbox.work().join(template)).unwrap()).unwrap();
    sandbox.umb(&["pipeline", "package", "--out", "dist"]).ok();
    let environment: BTreeMap<_, _> = [
        ("AWS_ENDPOINT_URL", sandbox.variable("AWS_ENDPOINT_URL")),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    let folder = copied(&sandbox.work().join("dist/build"));
    let update = || run_buildspec(&template, "UpdateProject", folder.path(), &environment);

    // Nothing changes as long as the definition is the same …
    let ran = update();
    assert_eq!(ran.code, 0, "{ran:#?}");
    assert!(
        ran.output.contains(&format!("{app}-Pipeline (no changes)")),
        "{ran:#?}"
    );
    assert!(!ran.output.contains("Bootstrap"), "{ran:#?}");
    // … what the commit changed is there after it …
    let file = folder.path().join("umb.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let approved = text.replace(
        "stages = [\"dev\"]",
        "stages = [\"dev\"]\napproval = [\"dev\"]",
    );
    std::fs::write(&file, approved).unwrap();
    let ran = update();
    assert_eq!(ran.code, 0, "{ran:#?}");
    assert!(
        ran.output.contains(&format!(" ✅  {app}-Pipeline\n")),
        "{ran:#?}"
    );
    assert!(describe(&moto, &format!("{app}-Pipeline")).contains("UPDATE_COMPLETE"));
    // … but not what would give it more permissions.
    let elsewhere = "stages = [\"dev\", \"prod\"]\n[stages.prod]\naccount = \"222222222222\"";
    std::fs::write(&file, text.replace("stages = [\"dev\"]", elsewhere)).unwrap();
    let ran = update();
    assert_eq!(ran.code, 1, "{ran:#?}");
    assert!(
        ran.output
            .contains("error: this commit gives the pipeline more permissions: ")
            && ran
                .output
                .contains("hint: `umb deploy pipeline`, run by a person"),
        "{ran:#?}"
    );
}

#[test]
fn a_connection_that_waits_is_explained() {
    let (_moto, around, sandbox) = on_moto();
    around.lock().unwrap().status = "PENDING";
    let run = sandbox.umb(&["deploy", "pipeline"]).ok();
    assert!(
        run.stderr
            .contains("hub is pending until a person lets GitHub know"),
        "{run:#?}"
    );
    around.lock().unwrap().connection = None;
    let run = sandbox.umb(&["deploy", "pipeline"]).fails(1);
    assert!(
        run.stderr.contains("there is no connection hub"),
        "{run:#?}"
    );
}

#[test]
fn a_stage_elsewhere_needs_its_roles_first() {
    let aws = ministack();
    let there = Sandbox::on(aws);
    let other = there.variable("AWS_ACCESS_KEY_ID").to_owned();
    let sandbox = Sandbox::on(aws);
    let account = sandbox.variable("AWS_ACCESS_KEY_ID").to_owned();
    let around = Arc::new(Mutex::new(Around {
        connection: Some(json!([])),
        status: "AVAILABLE",
        ..Around::default()
    }));
    let shared = Arc::clone(&around);
    let proxy = Proxy::over(&aws.endpoint, move |request| {
        shared.lock().unwrap().answer(request, "App")
    });
    let sandbox = sandbox.with("AWS_ENDPOINT_URL", &proxy.endpoint);
    let profiles = format!(
        "[profile there]\naws_access_key_id = {other}\naws_secret_access_key = test\n[profile here]\n\
         aws_access_key_id = {account}\naws_secret_access_key = test\n"
    );
    std::fs::create_dir(sandbox.work().join("../home/.aws")).unwrap();
    std::fs::write(sandbox.work().join("../home/.aws/config"), profiles).unwrap();
    let sandbox = sandbox
        .without("AWS_ACCESS_KEY_ID")
        .without("AWS_SECRET_ACCESS_KEY");
    settings(
        &sandbox,
        &account,
        &format!("profile = \"here\"\n[stages.dev]\naccount = \"{other}\"\nprofile = \"there\""),
    );
    let app = sandbox.app.clone();
    let bring = || sandbox.umb(&["deploy", "pipeline"]).fails(1).stderr;
    let stderr = bring();
    assert!(
        stderr.contains(&format!(
            "error: the account of the stage dev has no roles for the pipeline yet\nhint: `umb bootstrap dev --trust {account}`"
        )),
        "{stderr}"
    );
    sandbox
        .umb(&["bootstrap", "dev", "--trust", "999999999999"])
        .ok();
    let stderr = bring();
    assert!(
        stderr.contains(&format!(
            "has roles that trust account 999999999999, not {account}"
        )),
        "{stderr}"
    );
    // Whom roles trust is broader than before: a person is asked.
    let run = sandbox.umb(&["bootstrap", "dev"]).fails(3);
    assert!(run.stderr.contains("broader permissions"), "{run:#?}");
    let run = sandbox.umb(&["bootstrap", "dev", "--yes", "--json"]).ok();
    assert_documented("event", &run.stdout);
    // From here on it is the pipeline's template that MiniStack does not take.
    let stderr = bring();
    assert!(
        stderr.contains("Unrecognized resource types: [AWS::CodePipeline::Pipeline]"),
        "{stderr}"
    );
    let doctor = sandbox.umb(&["doctor"]).fails(1);
    assert!(
        doctor.stdout.contains(&format!(
            "stage dev: the roles of account {account}'s pipeline"
        )),
        "{doctor:#?}"
    );
    assert!(
        doctor
            .stdout
            .contains(&format!("pipeline: {app}-Pipeline is not deployed")),
        "{doctor:#?}"
    );
}

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
        "s3",
        "PUT",
        &format!("{bucket}/artifact"),
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
        // The account's role for API Gateway's logs is made to stay.
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
    // Nothing may deploy anew what is gone.
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
            .contains("the connection hub stays: umb did not make it"),
        "{run:#?}"
    );
    assert_eq!(aws.status(&sandbox, &bootstrap), "CREATE_COMPLETE");
    protect(&bootstrap, "false");
    around.lock().unwrap().connection = None;
    sandbox.umb(&["destroy", "all", "--yes"]).ok();
    assert_nothing_left(aws, &around, &sandbox);
}

/// moto tells a stack's role, as AWS does.
#[test]
fn roles_that_a_remaining_stack_needs_stay() {
    let (moto, around, sandbox) = on_moto();
    let app = sandbox.app.clone();
    sandbox.umb(&["deploy", "pipeline"]).ok();
    around.lock().unwrap().connection = None;
    let role = format!("arn:aws:iam::{ACCOUNT}:role/{app}-Execution-eu-west-1");
    let template = r#"{"Resources": {"Logs": {"Type": "AWS::Logs::LogGroup"}}}"#;
    let query = format!(
        "Action=CreateStack&Version=2010-05-15&StackName=Someones&RoleARN={role}&TemplateBody={template}"
    );
    let headers = [
        ("Content-Type", "application/x-www-form-urlencoded"),
        (
            "Authorization",
            "AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/cloudformation/aws4_request, SignedHeaders=host, Signature=0",
        ),
    ];
    let url = format!("{}/", moto.endpoint);
    request("POST", &url, &headers, Some(query.as_bytes())).unwrap();
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

/// What is asked of CloudFormation is looked at: MiniStack finds no change where only a condition holds that did not.
#[test]
fn a_bootstrap_gives_the_account_the_role_that_it_lacks() {
    let aws = ministack();
    let sandbox = Sandbox::on(aws);
    let asked = Arc::new(Mutex::new(Vec::new()));
    let shared = Arc::clone(&asked);
    let proxy = Proxy::over(&aws.endpoint, move |request| {
        let parameter = request.body.split_once("ParameterKey=SetsLoggingRole&");
        if let (true, Some((_, rest))) = (request.is("CreateChangeSet"), parameter) {
            let (_, value) = rest.split_once("ParameterValue=").unwrap();
            shared.lock().unwrap().push(value.starts_with("true"));
        }
        None
    });
    let sandbox = sandbox.with("AWS_ENDPOINT_URL", &proxy.endpoint);
    let last = || *asked.lock().unwrap().last().unwrap();
    // The stage gives it one, so the roles of the pipeline need not …
    sandbox.umb(&["deploy", "dev", "--no-verify"]).ok();
    sandbox.umb(&["bootstrap", "dev"]).ok();
    assert!(!last());
    // … until somebody takes it away.
    let nothing =
        json!({"patchOperations": [{"op": "replace", "path": "/cloudwatchRoleArn", "value": ""}]});
    let patch = nothing.to_string();
    let body = Some(patch.as_bytes());
    let answer = aws.send(&sandbox, "apigateway", "PATCH", "account", &[], body);
    assert_eq!(answer.status, 200, "{}", answer.body);
    sandbox.umb(&["bootstrap", "dev", "--yes"]).ok();
    assert!(last());
}
