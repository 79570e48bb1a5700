//! The pipeline as a target: deployed with its roles, updated by itself, destroyed. moto takes pipelines in templates, and
//! MiniStack what they deploy.

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, Mutex};

use serde_json::json;

use crate::harness::{
    Container, Moto, Proxy, Ran, Sandbox, assert_documented, ministack, request, runner,
};

use super::agreement::digest;
use super::around::{ACCOUNT, Around, deploy_pipeline, describe, on_moto, settings};
use super::world::{by_key, synthesized};

#[test]
fn a_pipeline_is_deployed_with_its_roles_and_destroyed() {
    let (moto, around, sandbox) = on_moto();
    let app = sandbox.app.clone();
    let plan = sandbox.umb(&["plan", "pipeline", "--exit-code"]).fails(4);
    assert!(
        plan.stdout
            .starts_with(&format!("{app}-Pipeline: will be created\n")),
        "{plan:#?}"
    );
    let run = deploy_pipeline(&sandbox, &[]).ok();
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

    let again = deploy_pipeline(&sandbox, &["--json"]).ok();
    assert_documented("event", &again.stdout);
    assert_eq!(
        again.stdout.matches("\"outcome\":\"unchanged\"").count(),
        2,
        "{again:#?}"
    );
    assert!(!again.stdout.contains("stack_started"), "{again:#?}");
    sandbox.umb(&["outputs", "pipeline"]).ok();
    sandbox
        .umb(&["plan", "pipeline", "--exit-code", "--runner", runner()])
        .ok();
    // Nothing has changed, so nothing starts, and earlier executions do not matter.
    let followed = deploy_pipeline(&sandbox, &["--follow"]).ok();
    assert!(
        followed.stderr.contains("no execution has started"),
        "{followed:#?}"
    );
    // A destroy that was not ended has stopped the pipeline.
    around.lock().unwrap().is_closed = true;
    let resumed = deploy_pipeline(&sandbox, &[]).ok();
    assert!(
        resumed.stderr.contains("it takes commits again"),
        "{resumed:#?}"
    );
    assert!(!around.lock().unwrap().is_closed);
    let run = sandbox.umb(&["deploy", "pipeline", "--express"]).fails(2);
    assert!(
        run.stderr
            .contains("--express is only for stages on AWS, not for the pipeline"),
        "{run:#?}"
    );

    destroy_while_one_runs(&moto, &around, &sandbox);
}

/// The bucket has the artifacts of executions; one is running.
fn destroy_while_one_runs(moto: &Moto, around: &Mutex<Around>, sandbox: &Sandbox) {
    let app = &sandbox.app;
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
    assert!(!describe(moto, &format!("{app}-Pipeline")).contains("CREATE_COMPLETE"));
    assert!(describe(moto, &format!("{app}-Bootstrap")).contains("CREATE_COMPLETE"));
    let none = sandbox.umb(&["destroy", "pipeline"]).ok();
    assert!(
        none.stdout
            .contains("the pipeline is not deployed (account 111111111111, eu-west-1)"),
        "{none:#?}"
    );
    sandbox.umb(&["destroy", "pipeline", "--yes"]).ok();
    sandbox.umb(&["outputs", "pipeline"]).fails(1);
}

/// What UpdatePipeline runs.
pub struct Update<'a> {
    sandbox: &'a Sandbox,
    buildspec: String,
    environment: BTreeMap<String, String>,
}

impl<'a> Update<'a> {
    pub fn new(sandbox: &'a Sandbox) -> Self {
        let [template, parameters] = synthesized(sandbox);
        let project = &template["Resources"]["UpdateProject"]["Properties"];
        let parameters = by_key(&parameters);
        let environment = [
            ("AWS_ENDPOINT_URL", sandbox.variable("AWS_ENDPOINT_URL")),
            ("AWS_REGION", "eu-west-1"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("EXECUTION", "one"),
            ("RUNNER_BUCKET", &parameters["RunnerBucket"]),
            ("RUNNER_SHA256", &parameters["RunnerSHA256"]),
        ];
        Self {
            sandbox,
            buildspec: project["Source"]["BuildSpec"].as_str().unwrap().to_owned(),
            environment: environment
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
        }
    }

    /// Updates the pipeline to a commit with these settings.
    pub fn to(&self, settings: &str) -> Ran {
        let container = Container::new(&self.environment);
        let source = container.input("Source");
        fs::create_dir(&source).unwrap();
        fs::write(source.join("umb.toml"), settings).unwrap();
        container.run(&self.buildspec, "Source")
    }

    /// Allows the commit what has this digest.
    fn allow(&self, moto: &Moto, digest: &str) {
        let bucket = &self.environment["RUNNER_BUCKET"];
        let url = format!("{}/{bucket}/approvals/one/{digest}", moto.endpoint);
        let put = request("PUT", &url, &[], Some(b""));
        assert_eq!(put.unwrap().status, 200);
    }

    pub fn settings(&self) -> String {
        fs::read_to_string(self.sandbox.work().join("umb.toml")).unwrap()
    }
}

#[test]
fn a_pipeline_brings_itself_to_what_the_commit_says() {
    let (moto, _, sandbox) = on_moto();
    let app = sandbox.app.clone();
    deploy_pipeline(&sandbox, &[]).ok();
    let update = Update::new(&sandbox);

    // Nothing changes as long as the definition is the same …
    let text = update.settings();
    let ran = update.to(&text);
    assert_eq!(ran.code, 0, "{ran:#?}");
    assert!(
        ran.output.contains(&format!("{app}-Pipeline (no changes)")),
        "{ran:#?}"
    );
    assert!(!ran.output.contains("Bootstrap"), "{ran:#?}");
    // … and afterwards it has what the commit changed …
    let stages = "stages = [\"dev\"]";
    let approved = text.replace(stages, "stages = [\"dev\"]\napproval = [\"dev\"]");
    let ran = update.to(&approved);
    assert_eq!(ran.code, 0, "{ran:#?}");
    assert!(
        ran.output.contains(&format!(" ✅  {app}-Pipeline\n")),
        "{ran:#?}"
    );
    assert!(describe(&moto, &format!("{app}-Pipeline")).contains("UPDATE_COMPLETE"));
    // … but not what would give it more permissions …
    let elsewhere = "stages = [\"dev\", \"prod\"]\n[stages.prod]\naccount = \"222222222222\"";
    let ran = update.to(&text.replace(stages, elsewhere));
    assert_eq!(ran.code, 1, "{ran:#?}");
    assert!(
        ran.output
            .contains("error: nobody has allowed what this commit makes broader: "),
        "{ran:#?}"
    );
    // … unless a person has allowed the commit exactly that.
    let other = approved.replace(stages, "stages = [\"dev\"]\nbranch = \"release\"");
    let ran = update.to(&other);
    assert_eq!(ran.code, 1, "{ran:#?}");
    update.allow(&moto, &digest(&ran));
    let ran = update.to(&other);
    assert_eq!(ran.code, 0, "{ran:#?}");
}

#[test]
fn the_execution_that_a_new_pipeline_begins_is_followed() {
    let (_moto, around, sandbox) = on_moto();
    // The roles' stack is not the pipeline's: what starts with it does not matter.
    sandbox.umb(&["bootstrap", "dev"]).ok();
    around.lock().unwrap().begins = true;
    let run = deploy_pipeline(&sandbox, &["--follow"]).ok();
    assert!(
        run.stderr.ends_with("the execution two succeeded\n"),
        "{run:#?}"
    );
}

#[test]
fn a_connection_that_waits_is_explained() {
    let (_moto, around, sandbox) = on_moto();
    around.lock().unwrap().status = "PENDING";
    let run = deploy_pipeline(&sandbox, &[]).ok();
    assert!(
        run.stderr
            .contains("hub is pending until a person authorizes it at GitHub"),
        "{run:#?}"
    );
    around.lock().unwrap().connection = None;
    let run = deploy_pipeline(&sandbox, &[]).fails(1);
    assert!(
        run.stderr.contains("there is no connection hub"),
        "{run:#?}"
    );
}

/// The settings of a pipeline in one account whose stage `dev` is in another one, and the first account.
fn pipeline_here_and_dev_there() -> (Sandbox, String) {
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
    fs::create_dir(sandbox.work().join("../home/.aws")).unwrap();
    fs::write(sandbox.work().join("../home/.aws/config"), profiles).unwrap();
    let sandbox = sandbox
        .without("AWS_ACCESS_KEY_ID")
        .without("AWS_SECRET_ACCESS_KEY");
    settings(
        &sandbox,
        &account,
        &format!("profile = \"here\"\n[stages.dev]\naccount = \"{other}\"\nprofile = \"there\""),
    );
    (sandbox, account)
}

#[test]
fn a_stage_elsewhere_needs_its_roles_first() {
    let (sandbox, account) = pipeline_here_and_dev_there();
    let app = sandbox.app.clone();
    let bring = || deploy_pipeline(&sandbox, &[]).fails(1).stderr;
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
    let answer = aws.send(&sandbox, ["apigateway", "PATCH", "account"], &[], body);
    assert_eq!(answer.status, 200, "{}", answer.body);
    sandbox.umb(&["bootstrap", "dev", "--yes"]).ok();
    assert!(last());
}
