//! `umb status`, `umb deploy --code-only`, and the check after every deploy, on MiniStack.

use serde_json::Value;

use crate::harness::{Sandbox, ministack};

fn json(sandbox: &Sandbox, args: &[&str]) -> Value {
    serde_json::from_str(&sandbox.umb(args).ok().stdout).unwrap()
}

#[test]
fn a_status_has_versions_ages_and_health() {
    let sandbox = Sandbox::on(ministack());
    sandbox.umb(&["deploy", "dev"]).ok();
    let stages = json(&sandbox, &["status", "--json"]);
    let [local, dev, prod] = stages.as_array().unwrap().as_slice() else {
        panic!("{stages}");
    };
    assert_eq!(local["stage"], "local");
    assert_eq!(local["deployed"], false);
    assert_eq!(dev["stage"], "dev");
    assert_eq!(dev["healthy"], true);
    let stacks = dev["stacks"].as_array().unwrap();
    assert_eq!(stacks.len(), 2, "{dev}");
    for stack in stacks {
        assert_eq!(stack["status"], "CREATE_COMPLETE", "{stack}");
        assert_eq!(stack["umb"], env!("CARGO_PKG_VERSION"), "{stack}");
        assert!(stack["age_seconds"].as_u64().unwrap() < 600, "{stack}");
    }
    assert_eq!(prod["stacks"].as_array().unwrap().len(), 0);
    assert_eq!(prod["endpoint"], Value::Null);

    let run = sandbox.umb(&["status"]).ok();
    assert!(
        run.stdout.contains("-Dev-Stateless  CREATE_COMPLETE, "),
        "{run:#?}"
    );
    assert!(
        run.stdout.contains("_user_request_/  healthy\n"),
        "{run:#?}"
    );
    assert!(run.stdout.contains("  not deployed\n"), "{run:#?}");
}

#[test]
fn a_function_that_is_gone_shows() {
    let aws = ministack();
    let sandbox = Sandbox::on(aws);
    sandbox.umb(&["deploy", "dev"]).ok();
    let function = sandbox
        .umb(&["outputs", "dev", "APIHandlerName"])
        .ok()
        .stdout;
    aws.delete_function(&sandbox, function.trim());
    let status = json(&sandbox, &["status", "dev", "--json"]);
    assert_eq!(status[0]["healthy"], false, "{status}");
    assert_ne!(status[0]["problem"], Value::Null, "{status}");
}

#[test]
fn code_that_was_put_there_directly_is_put_right_by_the_next_deploy() {
    let aws = ministack();
    let sandbox = Sandbox::on(aws);
    let run = sandbox.umb(&["deploy", "dev", "--code-only"]).fails(1);
    assert!(
        run.stderr
            .contains("error: the stage dev has no function yet\n"),
        "{run:#?}"
    );
    sandbox.umb(&["deploy", "dev"]).ok();
    let function = sandbox
        .umb(&["outputs", "dev", "APIHandlerName"])
        .ok()
        .stdout;
    let code = || aws.function(&sandbox, function.trim())["CodeSha256"].clone();
    let own = code();

    aws.replace_code(&sandbox, function.trim());
    assert_ne!(code(), own);
    let run = sandbox.umb(&["plan", "dev", "--exit-code"]).fails(4);
    assert!(
        run.stdout.contains("no changes except the code\n"),
        "{run:#?}"
    );
    sandbox.umb(&["deploy", "dev"]).ok();
    assert_eq!(code(), own);

    aws.replace_code(&sandbox, function.trim());
    let run = sandbox.umb(&["deploy", "dev", "--code-only"]).ok();
    assert!(
        run.stdout.contains("-Dev-Stateless (code only)\n"),
        "{run:#?}"
    );
    assert_eq!(code(), own);
    sandbox.umb(&["plan", "dev", "--exit-code"]).ok();
}
