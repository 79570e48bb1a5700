//! The states that a stack can be left in, each produced for real on MiniStack, and the way out of each:
//! `umb deploy`, `umb watch`, `umb cancel`, `umb rollback`, `umb diagnose`.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{MiniStack, Run, Sandbox, failing, held, ministack, signal};

fn stateful(sandbox: &Sandbox) -> String {
    format!("{}-Dev-Stateful", sandbox.app)
}

fn stateless(sandbox: &Sandbox) -> String {
    format!("{}-Dev-Stateless", sandbox.app)
}

fn deployed() -> (&'static MiniStack, Sandbox) {
    let sandbox = Sandbox::on(ministack());
    sandbox.umb(&["deploy", "dev"]).ok();
    (ministack(), sandbox)
}

/// The deployed template with one more resource.
fn with(aws: &MiniStack, sandbox: &Sandbox, stack: &str, id: &str, resource: Value) -> Value {
    let mut template = aws.template(sandbox, stack);
    template["Resources"][id] = resource;
    template
}

/// Starts an update that runs until somebody signals `Held`.
fn update_held(aws: &MiniStack, sandbox: &Sandbox) {
    let stack = stateful(sandbox);
    let template = with(aws, sandbox, &stack, "Held", held());
    aws.update_stack(sandbox, (&stack, &template), &[("DeployedBy", "hand")], &[]);
    aws.until_status(sandbox, &stack, "UPDATE_IN_PROGRESS");
}

/// `umb`, started, after it has written a line that contains `text`.
fn started(sandbox: &Sandbox, args: &[&str], text: &str) -> (Child, impl BufRead) {
    let mut child = sandbox
        .command(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut seen = String::new();
    let pid = child.id().to_string();
    let (found, is_over) = mpsc::channel::<()>();
    thread::spawn(move || {
        // A line that does not come must not keep the test waiting.
        if is_over.recv_timeout(Duration::from_mins(1)) == Err(RecvTimeoutError::Timeout) {
            signal(&pid, "KILL");
        }
    });
    while !seen.contains(text) {
        let read = stderr.read_line(&mut seen).unwrap();
        assert!(read > 0, "{text} is missing in {seen}");
    }
    drop(found);
    (child, stderr)
}

fn ended((child, mut stderr): (Child, impl BufRead)) -> Run {
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    let output = child.wait_with_output().unwrap();
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: rest,
    }
}

#[test]
fn a_deploy_waits_for_another_one_and_then_does_its_own() {
    let (aws, sandbox) = deployed();
    update_held(aws, &sandbox);
    let second = started(
        &sandbox,
        &["deploy", "dev", "--yes"],
        "is UPDATE_IN_PROGRESS: waiting until that has ended",
    );
    aws.signal(&sandbox, &stateful(&sandbox), "Held", "SUCCESS");
    ended(second).ok();
    let template = aws.template(&sandbox, &stateful(&sandbox));
    assert_eq!(template["Resources"]["Held"], Value::Null);
}

#[test]
fn of_two_deploys_at_once_both_end_well() {
    let aws = ministack();
    let sandbox = Sandbox::on(aws);
    let deploy = || {
        let mut command = sandbox.command(&["deploy", "dev"]);
        command.stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    for settings in ["", "stages.dev.log_retention_days = 7"] {
        sandbox.settings(settings);
        let runs: Vec<_> = [deploy(), deploy()]
            .into_iter()
            .map(|child| child.wait_with_output().unwrap())
            .collect();
        let told: Vec<_> = runs
            .iter()
            .map(|run| String::from_utf8_lossy(&run.stderr))
            .collect();
        assert!(runs.iter().all(|run| run.status.success()), "{told:#?}");
        sandbox.umb(&["plan", "dev", "--exit-code"]).ok();
    }
    sandbox.umb(&["users", "list"]).ok();
}

#[test]
fn a_plan_does_not_wait() {
    let (aws, sandbox) = deployed();
    update_held(aws, &sandbox);
    let run = sandbox.umb(&["plan", "dev"]).fails(1);
    assert!(
        run.stderr.ends_with(
            "is UPDATE_IN_PROGRESS: another run, or a person, is changing it\nhint: `umb watch dev` \
             follows it; `umb cancel dev` cancels it\n"
        ),
        "{run:#?}"
    );
    aws.signal(&sandbox, &stateful(&sandbox), "Held", "SUCCESS");
}

#[test]
fn watch_attaches_to_what_goes_on() {
    let (aws, sandbox) = deployed();
    let stack = stateful(&sandbox);
    update_held(aws, &sandbox);
    let watch = started(&sandbox, &["watch", "dev"], "Held");
    aws.signal(&sandbox, &stack, "Held", "SUCCESS");
    let run = ended(watch).ok();
    assert_eq!(
        run.stdout,
        format!(
            "{stack}  UPDATE_COMPLETE\n{}  CREATE_COMPLETE\n",
            stateless(&sandbox)
        )
    );
    // If nothing is running, it shows the status.
    assert_eq!(sandbox.umb(&["watch", "dev"]).ok().stdout, run.stdout);
}

#[test]
fn watch_fails_where_what_it_watches_does() {
    let (aws, sandbox) = deployed();
    let stack = stateful(&sandbox);
    update_held(aws, &sandbox);
    let watch = started(&sandbox, &["watch", "dev"], "Held");
    aws.signal(&sandbox, &stack, "Held", "FAILURE");
    let run = ended(watch).fails(1);
    assert!(
        run.stderr.contains(&format!(
            "error: {stack} failed: UPDATE_ROLLBACK_COMPLETE\n  caused by: Held ("
        )),
        "{run:#?}"
    );
}

#[test]
fn cancel_takes_an_update_back() {
    let (aws, sandbox) = deployed();
    let stack = stateful(&sandbox);
    let mut template = with(aws, &sandbox, &stack, "Held", held());
    // MiniStack heeds a cancellation before the next resource only.
    template["Resources"]["Later"] = json!({"Type": "AWS::SNS::Topic", "DependsOn": "Held"});
    aws.update_stack(&sandbox, (&stack, &template), &[], &[]);
    aws.until_status(&sandbox, &stack, "UPDATE_IN_PROGRESS");
    let cancel = started(&sandbox, &["cancel", "dev"], "rolling back");
    aws.signal(&sandbox, &stack, "Held", "SUCCESS");
    let run = ended(cancel).ok();
    assert_eq!(run.stdout, format!("{stack}  UPDATE_ROLLBACK_COMPLETE\n"));
    let run = sandbox.umb(&["cancel", "dev"]).fails(1);
    assert!(
        run.stderr
            .starts_with("error: there is nothing to cancel: "),
        "{run:#?}"
    );
    sandbox.umb(&["deploy", "dev"]).ok();
}

#[test]
fn a_failed_update_is_diagnosed_then_and_later() {
    let (aws, sandbox) = deployed();
    let stack = stateful(&sandbox);
    let template = with(aws, &sandbox, &stack, "Bad", failing("Table"));
    aws.update_stack(&sandbox, (&stack, &template), &[], &[]);
    aws.until_status(&sandbox, &stack, "UPDATE_ROLLBACK_COMPLETE");

    let run = sandbox.umb(&["diagnose", "dev"]).ok();
    assert!(
        run.stdout.starts_with(&format!(
            "{stack}  UPDATE_ROLLBACK_COMPLETE\n  Bad (Custom::Failing) "
        )),
        "{run:#?}"
    );
    let diagnoses: Value =
        serde_json::from_str(&sandbox.umb(&["diagnose", "dev", "--json"]).ok().stdout).unwrap();
    assert_eq!(diagnoses[0]["culprit"]["logical_id"], "Bad");
    assert_eq!(diagnoses[1]["culprit"], Value::Null);
    assert!(
        diagnoses[0]["console"]
            .as_str()
            .unwrap()
            .starts_with("https://eu-west-1.console.aws.amazon.com/"),
        "{diagnoses}"
    );

    sandbox.umb(&["deploy", "dev"]).ok();
    sandbox.umb(&["destroy", "dev", "--yes"]).ok();
    let run = sandbox.umb(&["diagnose", "dev"]).ok();
    assert!(
        run.stdout
            .starts_with(&format!("{stack}  DELETE_COMPLETE\n")),
        "{run:#?}"
    );
}

#[test]
fn an_update_that_stopped_half_way_is_rolled_back() {
    let (aws, sandbox) = deployed();
    let stack = stateful(&sandbox);
    let template = with(aws, &sandbox, &stack, "Bad", failing("Table"));
    aws.update_stack(
        &sandbox,
        (&stack, &template),
        &[],
        &[("DisableRollback", "true")],
    );
    aws.until_status(&sandbox, &stack, "UPDATE_FAILED");
    let run = sandbox.umb(&["deploy", "dev"]).fails(1);
    assert!(
        run.stderr.ends_with(
            "cannot be updated: it is UPDATE_FAILED\nhint: run `umb rollback dev` to bring it back to its \
             last working state\n"
        ),
        "{run:#?}"
    );
    let run = sandbox.umb(&["rollback", "dev"]).ok();
    assert_eq!(run.stdout, format!("{stack}  UPDATE_ROLLBACK_COMPLETE\n"));
    sandbox.umb(&["deploy", "dev"]).ok();
    let run = sandbox.umb(&["rollback", "dev"]).fails(1);
    assert!(
        run.stderr
            .starts_with("error: there is nothing to roll back: "),
        "{run:#?}"
    );
}

#[test]
fn a_rollback_that_failed_is_continued() {
    let (aws, sandbox) = deployed();
    let stack = stateless(&sandbox);
    // The function cannot go back to an artifact that is gone.
    let artifact = aws.move_artifact(&sandbox, "handler/moved.zip");
    let template = with(aws, &sandbox, &stack, "Bad", failing("APIHandler"));
    aws.update_stack(
        &sandbox,
        (&stack, &template),
        &[("HandlerKey", "handler/moved.zip")],
        &[],
    );
    aws.until_status(&sandbox, &stack, "UPDATE_ROLLBACK_FAILED");

    let run = sandbox.umb(&["deploy", "dev"]).fails(1);
    assert!(
        run.stderr
            .contains("it is UPDATE_ROLLBACK_FAILED\nhint: fix"),
        "{run:#?}"
    );
    let run = sandbox.umb(&["rollback", "dev"]).fails(1);
    assert!(
        run.stderr
            .contains("failed: UPDATE_ROLLBACK_FAILED\n  caused by: APIHandler ("),
        "{run:#?}"
    );
    let run = sandbox
        .umb(&["rollback", "dev", "--skip", "APIHandler"])
        .ok();
    assert_eq!(run.stdout, format!("{stack}  UPDATE_ROLLBACK_COMPLETE\n"));
    assert!(!artifact.is_empty());
    sandbox.umb(&["deploy", "dev"]).ok();
    sandbox.umb(&["users", "list"]).ok();
}

#[test]
fn a_first_creation_that_stopped_half_way_is_rolled_back() {
    let aws = ministack();
    let sandbox = Sandbox::on(aws);
    let stack = stateful(&sandbox);
    let template = json!({"Resources": {
        "Topic": {"Type": "AWS::SNS::Topic"}, "Bad": failing("Topic")
    }});
    let template = format!("{template}&DisableRollback=true");
    aws.create_stack(&sandbox, &stack, &template, "CREATE_FAILED");
    let run = sandbox.umb(&["deploy", "dev"]).fails(1);
    assert!(
        run.stderr
            .contains("it is CREATE_FAILED\nhint: run `umb rollback dev`"),
        "{run:#?}"
    );
    sandbox.umb(&["rollback", "dev"]).ok();
    sandbox.umb(&["deploy", "dev"]).ok();
}

#[test]
fn a_deletion_that_stopped_half_way_names_the_way_out() {
    let aws = ministack();
    let sandbox = Sandbox::on(aws);
    let stack = stateful(&sandbox);
    let network = json!({"Resources": {
        "Network": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}
    }});
    aws.create_stack(&sandbox, &stack, &network.to_string(), "CREATE_COMPLETE");
    let subnet = aws.make_subnet(&sandbox, &stack, "Network");
    let run = sandbox.umb(&["destroy", "dev", "--yes"]).fails(1);
    assert!(
        run.stderr
            .contains("could not be deleted: DELETE_FAILED\n  caused by: Network (AWS::EC2::VPC)"),
        "{run:#?}"
    );
    let run = sandbox.umb(&["deploy", "dev"]).fails(1);
    assert!(
        run.stderr
            .contains("it is DELETE_FAILED\nhint: run `umb destroy dev` again"),
        "{run:#?}"
    );
    aws.delete_subnet(&sandbox, &subnet);
    sandbox.umb(&["destroy", "dev", "--yes"]).ok();
    sandbox.umb(&["deploy", "dev"]).ok();
}

#[test]
fn a_stack_that_was_left_in_review_counts_as_none() {
    let aws = ministack();
    let sandbox = Sandbox::on(aws);
    let stack = stateful(&sandbox);
    aws.cloudformation(
        &sandbox,
        "CreateChangeSet",
        &[
            ("StackName", &stack),
            ("ChangeSetName", "forgotten"),
            ("ChangeSetType", "CREATE"),
            (
                "TemplateBody",
                r#"{"Resources":{"Topic":{"Type":"AWS::SNS::Topic"}}}"#,
            ),
        ],
    );
    assert_eq!(aws.status(&sandbox, &stack), "REVIEW_IN_PROGRESS");
    let run = sandbox.umb(&["plan", "dev"]).ok();
    assert!(
        run.stdout
            .starts_with(&format!("{stack}: will be created\n")),
        "{run:#?}"
    );
    sandbox.umb(&["deploy", "dev"]).ok();
    sandbox.umb(&["users", "list"]).ok();
}
