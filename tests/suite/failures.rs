//! Deploys that go wrong in ways that no emulator offers: replayed conversations.

use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::harness::cloudformation::{
    change_set, created_change_set, creation, done, events, missing, response, sandbox, stack,
};
use crate::harness::{Sandbox, signal};

#[test]
fn the_resource_that_failed_first_is_named_with_its_reason() {
    let polls = AtomicUsize::new(0);
    let sandbox = sandbox(creation(move |request| {
        if request.is("DescribeStackEvents") {
            events(&[
                ("Other", "CREATE_FAILED", "Resource creation cancelled"),
                (
                    "Table",
                    "CREATE_FAILED",
                    "Subscriber limit exceeded: tables",
                ),
                ("Table", "CREATE_IN_PROGRESS", ""),
                ("App-Dev-Stateful", "REVIEW_IN_PROGRESS", "User Initiated"),
            ])
        } else if polls.fetch_add(1, Ordering::Relaxed) < 2 {
            stack("CREATE_IN_PROGRESS")
        } else {
            stack("ROLLBACK_COMPLETE")
        }
    }));
    let run = sandbox.umb(&["deploy", "dev"]).fails(1);
    assert!(
        run.stderr.ends_with(
            "error: App-Dev-Stateful failed: ROLLBACK_COMPLETE\n  \
             caused by: Table (AWS::DynamoDB::Table) CREATE_FAILED: Subscriber limit exceeded: tables\n\
             hint: quota: raise it (https://console.aws.amazon.com/servicequotas), or ask for less in \
             umb.toml; then run `umb deploy dev` again: it continues from here\n\
             see: https://eu-west-1.console.aws.amazon.com/cloudformation/home?region=eu-west-1#/stacks/\
             events?stackId=arn%3Aaws%3Acloudformation%3Aeu%2Dwest%2D1%3A111111111111%3Astack%2FApp%2DDev\
             %2DStateful%2F1\n"
        ),
        "{run:#?}"
    );
}

#[test]
fn a_fault_of_the_line_does_not_end_the_following() {
    let polls = AtomicUsize::new(0);
    let sandbox = sandbox(creation(move |request| {
        if !request.is("DescribeStacks") {
            return events(&[]);
        }
        match polls.fetch_add(1, Ordering::Relaxed) {
            // More often than the SDK tries by itself.
            0..7 => (
                500,
                "<ErrorResponse><Error><Code>InternalFailure</Code></Error></ErrorResponse>"
                    .to_owned(),
            ),
            _ => stack("CREATE_COMPLETE"),
        }
    }));
    let run = sandbox.umb(&["deploy", "dev"]);
    assert!(run.stdout.contains(" ✅  App-Dev-Stateful\n"), "{run:#?}");
}

#[test]
fn a_change_set_that_fails_leaves_no_phantom_stack() {
    let deleted = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&deleted);
    let mut creation = creation(done);
    let sandbox = sandbox(move |request| {
        if request.is("DescribeChangeSet") {
            return change_set("FAILED", "Transform failed");
        }
        if request.is("DeleteChangeSet") || request.is("DeleteStack") {
            let action = request.body.split(['=', '&']).nth(1).unwrap_or_default();
            seen.lock().unwrap().push(action.to_owned());
        }
        creation(request)
    });
    let run = sandbox.umb(&["deploy", "dev"]).fails(1);
    assert!(
        run.stderr.contains(
            "error: cannot create a change set for App-Dev-Stateful: Transform failed\nhint: fix"
        ),
        "{run:#?}"
    );
    assert_eq!(*deleted.lock().unwrap(), ["DeleteChangeSet", "DeleteStack"]);
}

#[test]
fn a_failed_rollback_is_not_answered_with_destruction() {
    let sandbox = sandbox(|_| stack("UPDATE_ROLLBACK_FAILED"));
    let run = sandbox.umb(&["deploy", "dev"]).fails(1);
    assert!(
        run.stderr.contains(
            "error: App-Dev-Stateful cannot be updated: it is UPDATE_ROLLBACK_FAILED\n\
             hint: fix what stopped the rollback, which `umb diagnose dev` names, then run `umb rollback dev` "
        ),
        "{run:#?}"
    );
}

#[test]
fn a_stack_that_moves_is_followed_and_then_updated() {
    let polls = AtomicUsize::new(0);
    let sandbox = sandbox(move |request| {
        if request.is("DescribeStacks") {
            match polls.fetch_add(1, Ordering::Relaxed) {
                0..3 => stack("UPDATE_IN_PROGRESS"),
                _ => stack("UPDATE_COMPLETE"),
            }
        } else if request.is("CreateChangeSet") {
            created_change_set()
        } else if request.is("DescribeChangeSet") {
            change_set(
                "FAILED",
                "The submitted information didn't contain changes.",
            )
        } else if request.is("DescribeStackEvents") {
            events(&[])
        } else {
            done(request)
        }
    });
    let run = sandbox.umb(&["deploy", "dev"]).ok();
    assert!(
        run.stderr.contains(
            "warning: App-Dev-Stateful is UPDATE_IN_PROGRESS: waiting until that has ended"
        ),
        "{run:#?}"
    );
    assert!(
        run.stdout.contains("App-Dev-Stateful (no changes)"),
        "{run:#?}"
    );
}

#[test]
fn a_stack_that_cannot_be_deleted_names_the_resource() {
    let mut is_asked = false;
    let sandbox = sandbox(move |request| {
        if request.is("DescribeStackEvents") && is_asked {
            return events(&[
                ("App-Dev-Stateful", "DELETE_FAILED", "1 resource failed"),
                ("Table", "DELETE_FAILED", "Table is protected"),
                ("App-Dev-Stateful", "DELETE_IN_PROGRESS", "User Initiated"),
            ]);
        }
        if request.is("DescribeStackEvents") {
            return events(&[]);
        }
        is_asked |= request.is("DeleteStack");
        if request.is("DescribeStacks") {
            return stack(if is_asked {
                "DELETE_FAILED"
            } else {
                "CREATE_COMPLETE"
            });
        }
        done(request)
    });
    let run = sandbox.umb(&["destroy", "dev", "--yes"]).fails(1);
    assert!(
        run.stderr.contains(
            "DELETE_FAILED\n  caused by: Table (AWS::DynamoDB::Table) DELETE_FAILED: Table is protected\n"
        ),
        "{run:#?}"
    );
}

#[test]
fn ctrl_c_ends_the_waiting_and_says_what_goes_on() {
    let (begun, has_begun) = std::sync::mpsc::channel();
    let sandbox = sandbox(creation(move |request| {
        let _ = begun.send(());
        if request.is("DescribeStackEvents") {
            events(&[])
        } else {
            stack("CREATE_IN_PROGRESS")
        }
    }));
    let deploy = sandbox
        .command(&["deploy", "dev"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    has_begun.recv_timeout(Duration::from_mins(1)).unwrap();
    let pid = deploy.id().to_string();
    signal(&pid, "INT");
    let output = deploy.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.ends_with(
            "App-Dev-Stateful is CREATE_IN_PROGRESS: CloudFormation keeps working on it\n\
             error: interrupted\nhint: CloudFormation completes what it has started: `umb watch dev` follows it, \
             `umb cancel dev` cancels it; the same command continues from there\n"
        ),
        "{stderr}"
    );
}

#[test]
fn credentials_that_expire_meanwhile_name_the_command_that_goes_on() {
    let sandbox = sandbox(creation(|_| {
        let error = "<Code>ExpiredToken</Code><Message>The security token is expired</Message>";
        (
            403,
            format!("<ErrorResponse><Error>{error}</Error></ErrorResponse>"),
        )
    }));
    let run = sandbox.umb(&["deploy", "dev"]).fails(1);
    assert!(
        run.stderr.ends_with(
            "error: lost contact with App-Dev-Stateful; CloudFormation keeps working on it\n  \
             caused by: CloudFormation DescribeStacks: The security token is expired (ExpiredToken)\n\
             hint: renew the credentials, for example with `aws sso login`, then run `umb watch dev` to follow it \
             again\n"
        ),
        "{run:#?}"
    );
}

#[test]
fn a_stack_that_somebody_deletes_meanwhile_is_said_to_be_gone() {
    let sandbox = sandbox(creation(|request| {
        if request.is("DescribeStackEvents") {
            events(&[])
        } else {
            missing()
        }
    }));
    let run = sandbox.umb(&["deploy", "dev"]).fails(1);
    assert!(
        run.stderr.ends_with(
            "error: App-Dev-Stateful was deleted while it was followed\nhint: `umb deploy dev` creates it again\n"
        ),
        "{run:#?}"
    );
}

/// A stage whose two stacks exist, and in which nothing would change. Every change set that is requested
/// for goes to `asked`.
fn unchanged(asked: &Arc<Mutex<Vec<String>>>) -> Sandbox {
    let asked = Arc::clone(asked);
    sandbox(move |request| {
        if request.is("DescribeStacks") {
            stack("UPDATE_COMPLETE")
        } else if request.is("CreateChangeSet") {
            asked.lock().unwrap().push(request.body.clone());
            created_change_set()
        } else if request.is("DescribeChangeSet") {
            change_set(
                "FAILED",
                "The submitted information didn't contain changes.",
            )
        } else {
            done(request)
        }
    })
}

#[test]
fn express_is_for_stateless_and_keeps_the_rollback() {
    let asked = Arc::default();
    unchanged(&asked).umb(&["deploy", "dev", "--express"]).ok();
    let asked = asked.lock().unwrap();
    let [stateful, stateless] = asked.as_slice() else {
        panic!("{asked:#?}");
    };
    assert!(!stateful.contains("DeploymentConfig"), "{stateful}");
    assert!(
        stateless.contains("DeploymentConfig.Mode=EXPRESS&DeploymentConfig.DisableRollback=false"),
        "{stateless}"
    );
}

#[test]
fn reverting_drift_looks_at_both_stacks() {
    let asked = Arc::default();
    unchanged(&asked)
        .umb(&["deploy", "dev", "--revert-drift"])
        .ok();
    let asked = asked.lock().unwrap();
    assert_eq!(asked.len(), 2);
    for request in asked.iter() {
        assert!(request.contains("DeploymentMode=REVERT_DRIFT"), "{request}");
    }
}

#[test]
fn an_operation_tells_more_of_its_failure_than_its_events() {
    let polls = AtomicUsize::new(0);
    let sandbox = sandbox(creation(move |request| {
        if request.is("DescribeEvents") {
            let event = "<EventId>1</EventId><LogicalResourceId>Table</LogicalResourceId>\
                <ResourceType>AWS::DynamoDB::Table</ResourceType><EventType>VALIDATION_ERROR</EventType>\
                <ValidationStatus>FAILED</ValidationStatus>\
                <ValidationStatusReason>Property BillingMod is not defined</ValidationStatusReason>\
                <ValidationPath>/Resources/Table/Properties/BillingMod</ValidationPath>";
            let events = format!("<OperationEvents><member>{event}</member></OperationEvents>");
            (200, response("DescribeEvents", &events))
        } else if request.is("DescribeStackEvents") {
            events(&[])
        } else if polls.fetch_add(1, Ordering::Relaxed) < 2 {
            stack("CREATE_IN_PROGRESS")
        } else {
            let (status, text) = stack("ROLLBACK_COMPLETE");
            let operation = "<LastOperations><member><OperationId>o</OperationId></member></LastOperations><Tags>";
            (status, text.replace("<Tags>", operation))
        }
    }));
    let run = sandbox.umb(&["deploy", "dev"]).fails(1);
    assert!(
        run.stderr.contains(
            "caused by: Table (AWS::DynamoDB::Table) VALIDATION_FAILED: Property BillingMod is not defined \
             /Resources/Table/Properties/BillingMod\nhint: "
        ),
        "{run:#?}"
    );
}
