//! What a person at a terminal sees, through a pseudo-terminal.

use rexpect::session::{PtySession, spawn_command};

use crate::harness::{Sandbox, held, ministack};

/// More than enough, in milliseconds: a test that waits this long has failed.
const PATIENCE: u64 = 60_000;

pub fn at_a_terminal(sandbox: &Sandbox, args: &[&str]) -> PtySession {
    let mut command = sandbox.command(args);
    command.env("TERM", "xterm-256color");
    spawn_command(command, Some(PATIENCE)).unwrap()
}

#[track_caller]
pub fn assert_ends(session: &mut PtySession, code: i32) {
    session.exp_eof().unwrap();
    // The status' type has no public name.
    let status = format!("{:?}", session.process().wait().unwrap());
    assert!(
        status.starts_with("Exited(") && status.ends_with(&format!(", {code})")),
        "{status}"
    );
}

#[test]
fn deploy_shows_what_happens_and_then_the_outputs() {
    let sandbox = Sandbox::on(ministack());
    let mut session = at_a_terminal(&sandbox, &["deploy", "dev"]);
    for expected in [
        "asset bucket created: ",
        "function uploaded: ",
        "-Dev-Stateful: creating",
        "  CREATE_COMPLETE     Table                   AWS::DynamoDB::Table",
        "-Dev-Stateful.TableName = ",
        "-Dev-Stateless: creating",
        "  CREATE_COMPLETE     APIHandler              AWS::Lambda::Function",
        "-Dev-Stateless.EndpointURL = http",
    ] {
        session.exp_string(expected).unwrap();
    }
    assert_ends(&mut session, 0);
}

#[test]
fn destroy_asks_and_does_what_is_answered() {
    let sandbox = Sandbox::new();
    sandbox.umb(&["deploy", "local"]).ok();
    sandbox.umb(&["users", "create", "--username", "john"]).ok();

    for answer in ["n", "", "No", "NO", "maybe\nn"] {
        let mut session = at_a_terminal(&sandbox, &["destroy", "local"]);
        session.exp_string("[y/N] ").unwrap();
        session.send_line(answer).unwrap();
        if answer.starts_with("maybe") {
            session.exp_string("Please answer y or n.").unwrap();
            session.exp_string("[y/N] ").unwrap();
        }
        // Whoever says no has made no error.
        let before = session.exp_string("declined: nothing was changed").unwrap();
        assert!(!before.contains("error"), "{before}");
        assert_ends(&mut session, 3);
    }
    let still = sandbox.umb(&["deploy", "local"]).ok().stdout;
    assert!(still.contains("(no changes)"), "{still}");
    assert_eq!(
        sandbox.umb(&["users", "list"]).ok().stdout,
        "{\"username\":\"john\"}\n"
    );

    let mut session = at_a_terminal(&sandbox, &["destroy", "local"]);
    session.exp_string("[y/N] ").unwrap();
    session.send_line("YES").unwrap();
    session
        .exp_string("UserManagementBackend-Local is destroyed")
        .unwrap();
    assert_ends(&mut session, 0);
}

#[test]
fn ctrl_c_at_a_question_is_no_answer() {
    let sandbox = Sandbox::new();
    sandbox.umb(&["deploy", "local"]).ok();
    let mut session = at_a_terminal(&sandbox, &["destroy", "local"]);
    session.exp_string("[y/N] ").unwrap();
    session.send_control('c').unwrap();
    session.exp_string("interrupted").unwrap();
    assert_ends(&mut session, 130);
    sandbox.umb(&["deploy", "local"]).ok();
}

#[test]
fn ctrl_c_ends_the_foreground_server() {
    let sandbox = Sandbox::new();
    let mut session = at_a_terminal(&sandbox, &["deploy", "local", "--foreground"]);
    session.exp_string("serving until Ctrl-C").unwrap();
    session.send_control('c').unwrap();
    assert_ends(&mut session, 0);
    // The lock is free again.
    sandbox.umb(&["deploy", "local"]).ok();
}

#[test]
fn ctrl_c_says_what_goes_on_and_offers_to_leave_it() {
    let aws = ministack();
    let sandbox = Sandbox::on(aws);
    sandbox.umb(&["deploy", "dev"]).ok();
    let stack = format!("{}-Dev-Stateful", sandbox.app);
    let mut template = aws.template(&sandbox, &stack);
    template["Resources"]["Held"] = held();
    aws.update_stack(
        &sandbox,
        (&stack, &template),
        &[("DeployedBy", "hand")],
        &[],
    );
    aws.until_status(&sandbox, &stack, "UPDATE_IN_PROGRESS");

    let mut session = at_a_terminal(&sandbox, &["watch", "dev"]);
    session.exp_string("-Dev-Stateful: following").unwrap();
    session.send_control('c').unwrap();
    session
        .exp_string("is UPDATE_IN_PROGRESS: CloudFormation keeps working on it")
        .unwrap();
    session.exp_string("[leave/cancel]").unwrap();
    session.send_line("maybe").unwrap();
    session
        .exp_string("Please answer leave or cancel.")
        .unwrap();
    session.exp_string("[leave/cancel]").unwrap();
    session.send_line("L").unwrap();
    session.exp_string("`umb watch dev` follows it").unwrap();
    assert_ends(&mut session, 130);

    // At the question, a second one ends it at once.
    let mut session = at_a_terminal(&sandbox, &["watch", "dev"]);
    session.exp_string("-Dev-Stateful: following").unwrap();
    session.send_control('c').unwrap();
    session.exp_string("[leave/cancel]").unwrap();
    session.send_control('c').unwrap();
    assert_ends(&mut session, 130);
    assert_eq!(aws.status(&sandbox, &stack), "UPDATE_IN_PROGRESS");

    let mut session = at_a_terminal(&sandbox, &["watch", "dev"]);
    session.exp_string("-Dev-Stateful: following").unwrap();
    session.send_control('c').unwrap();
    session.exp_string("[leave/cancel]").unwrap();
    session.send_line("cancel").unwrap();
    session.exp_string("-Dev-Stateful: rolling back").unwrap();
    // MiniStack heeds a cancellation when the resource that it waits for has ended.
    aws.signal(&sandbox, &stack, "Held", "FAILURE");
    session.exp_string("UPDATE_ROLLBACK_COMPLETE").unwrap();
    session.exp_string("interrupted, and cancelled").unwrap();
    assert_ends(&mut session, 130);
}
