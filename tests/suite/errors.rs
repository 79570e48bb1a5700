//! What a person sees when something is wrong: a cause in one line, and a way out.

use std::net::TcpListener;

use crate::harness::{Sandbox, ministack, ministack_with_iam, replay};

/// Fails the test unless `args` fail with `code`, that cause and a hint that has `hint` in it.
#[track_caller]
fn assert_fails(sandbox: &Sandbox, args: &[&str], code: i32, cause: &str, hint: &str) {
    let run = sandbox.umb(args).fails(code);
    let mut lines = run.stderr.lines();
    assert_eq!(
        lines.next(),
        Some(format!("error: {cause}").as_str()),
        "{run:#?}"
    );
    let hints: Vec<_> = lines.filter(|line| line.starts_with("hint: ")).collect();
    assert_eq!(hints.len(), 1, "{run:#?}");
    assert!(hints[0].contains(hint), "{run:#?}");
    assert_eq!(run.stdout, "");
}

#[test]
fn a_malformed_umb_toml() {
    let sandbox = Sandbox::new();
    sandbox.whole_settings("app = \"App\"\nstages = [broken");
    let run = sandbox.umb(&["synth"]).fails(2);
    assert!(run.stderr.contains("umb.toml:2: "), "{run:?}");
}

#[test]
fn unknown_keys_and_the_nearest_known_ones() {
    for (text, key, nearest) in [
        ("ap = \"App\"", "ap", "app"),
        (
            "stages.dev.biling = \"on-demand\"",
            "stages.dev.biling",
            "stages.dev.billing",
        ),
        (
            "stages.local.prot = 1",
            "stages.local.prot",
            "stages.local.port",
        ),
    ] {
        let sandbox = Sandbox::new();
        sandbox.whole_settings(text);
        let run = sandbox.umb(&["synth"]).fails(2);
        assert!(
            run.stderr
                .contains(&format!("umb.toml:1: unknown key `{key}`")),
            "{run:?}"
        );
        assert!(
            run.stderr.contains(&format!("did you mean `{nearest}`?")),
            "{run:?}"
        );
    }
}

#[test]
fn unknown_keys_that_resemble_none() {
    let sandbox = Sandbox::new();
    sandbox.whole_settings("stages.local.zzz = 1");
    let run = sandbox.umb(&["synth"]).fails(2);
    assert!(
        run.stderr
            .contains("hint: the keys here are stages.local.port"),
        "{run:?}"
    );
}

#[test]
fn values_that_are_out_of_the_question() {
    for (text, cause) in [
        ("app = \"a-b\"", "umb.toml:1: app = \"a-b\": must be"),
        ("stages.Dev = {}", "umb.toml:1: stages.Dev: must be"),
        (
            "stages.all = {}",
            "umb.toml:1: stages.all: is a reserved name",
        ),
        (
            "stages.dev.account = \"1\"",
            "umb.toml:1: stages.dev.account = \"1\": must be",
        ),
        (
            "stages.dev.log_retention_days = 2",
            "umb.toml:1: stages.dev.log_retention_days = 2: must be",
        ),
        (
            "stages.prod.read_capacity = 0",
            "umb.toml:1: stages.prod.read_capacity = 0: must be",
        ),
        ("stages.dev.billing = \"free\"", "unknown variant `free`"),
        ("stages.local.port = 0", "nonzero"),
        ("stages.dev = 3", "expected a table of the stage's keys"),
    ] {
        let sandbox = Sandbox::new();
        sandbox.whole_settings(text);
        let run = sandbox.umb(&["synth"]).fails(2);
        assert!(run.stderr.contains(cause), "{run:?}");
    }
}

#[test]
fn no_such_stage() {
    let sandbox = Sandbox::new();
    assert_fails(
        &sandbox,
        &["deploy", "staging"],
        2,
        "there is no stage `staging`",
        "the stages are dev, prod, local",
    );
}

#[test]
fn a_set_without_a_value() {
    let sandbox = Sandbox::new();
    let run = sandbox
        .umb(&["users", "update", "john", "--set", "country"])
        .fails(2);
    assert!(run.stderr.contains("it must be KEY=VALUE"), "{run:?}");
    assert_fails(
        &sandbox,
        &["users", "update", "john"],
        2,
        "there is nothing to update",
        "--set KEY=VALUE",
    );
}

#[test]
fn no_region() {
    let sandbox = Sandbox::new();
    assert_fails(
        &sandbox,
        &["deploy", "dev"],
        1,
        "no AWS region is configured",
        "--region",
    );
}

#[test]
fn no_credentials() {
    let sandbox = Sandbox::new().with("AWS_REGION", "eu-west-1");
    assert_fails(
        &sandbox,
        &["deploy", "dev"],
        1,
        "no AWS credentials were found",
        "aws sso login",
    );
}

#[test]
fn a_profile_that_is_not_there() {
    // A profile that is named by flag is meant, whatever the environment has.
    assert_fails(
        &Sandbox::on(ministack()),
        &["deploy", "dev", "--profile", "nope"],
        1,
        "there is no AWS profile `nope`",
        "name one of ~/.aws/config",
    );
}

#[test]
fn unknown_credentials() {
    let sandbox =
        Sandbox::on(ministack_with_iam()).with("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE");
    let run = sandbox.umb(&["deploy", "dev"]).fails(1);
    assert!(
        run.stderr.starts_with("error: STS GetCallerIdentity: "),
        "{run:?}"
    );
    assert!(
        run.stderr
            .contains("(InvalidClientTokenId)\nhint: check AWS_PROFILE"),
        "{run:?}"
    );
}

#[test]
fn expired_credentials() {
    // No emulator lets credentials expire. The answer has the documented shape:
    // https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
    let error = "<Type>Sender</Type><Code>ExpiredToken</Code>\
                 <Message>The security token included in the request is expired</Message>";
    let answer =
        format!("<ErrorResponse><Error>{error}</Error><RequestId>1</RequestId></ErrorResponse>");
    let endpoint = replay(move |_| (403, answer.clone()));
    let sandbox = Sandbox::on(ministack()).with("AWS_ENDPOINT_URL", &endpoint);
    assert_fails(
        &sandbox,
        &["deploy", "dev"],
        1,
        "STS GetCallerIdentity: The security token included in the request is expired (ExpiredToken)",
        "renew them",
    );
}

#[test]
fn the_wrong_account() {
    let sandbox = Sandbox::on(ministack());
    sandbox.settings("stages.dev.account = \"999999999999\"");
    let account = sandbox.variable("AWS_ACCESS_KEY_ID").to_owned();
    assert_fails(
        &sandbox,
        &["deploy", "dev"],
        1,
        &format!(
            "the stage belongs to account 999999999999, these credentials to {account} \
             (arn:aws:iam::{account}:root)"
        ),
        "--profile",
    );
}

#[test]
fn not_deployed_yet() {
    let sandbox = Sandbox::on(ministack());
    let account = sandbox.variable("AWS_ACCESS_KEY_ID").to_owned();
    assert_fails(
        &sandbox,
        &["users", "list", "--stage", "prod"],
        1,
        &format!("the stage prod is not deployed (account {account}, eu-west-1)"),
        "umb deploy prod",
    );
    assert_fails(
        &sandbox,
        &["users", "list"],
        1,
        "neither `local` nor `dev` is deployed",
        "umb deploy local",
    );
}

#[test]
fn two_stages_to_choose_from() {
    let sandbox = Sandbox::on(ministack());
    sandbox.umb(&["deploy", "local"]).ok();
    sandbox.umb(&["deploy", "dev"]).ok();
    let both = "both `local` and `dev` are deployed";
    assert_fails(
        &sandbox,
        &["users", "list"],
        2,
        both,
        "--stage local or --stage dev",
    );

    sandbox
        .umb(&["users", "create", "--username", "john", "--stage", "local"])
        .ok();
    let local = "{\"username\":\"john\"}\n";
    sandbox.settings("default_stage = \"local\"");
    assert_eq!(sandbox.umb(&["users", "list"]).ok().stdout, local);
    // The environment beats the file, a flag beats the environment.
    let sandbox = sandbox.with("UMB_STAGE", "dev");
    assert_eq!(sandbox.umb(&["users", "list"]).ok().stdout, "");
    assert_eq!(
        sandbox
            .umb(&["users", "list", "--stage", "local"])
            .ok()
            .stdout,
        local
    );
}

#[test]
fn an_endpoint_where_nobody_is() {
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let sandbox = Sandbox::on(ministack()).with("AWS_ENDPOINT_URL", &format!("http://{free}"));
    assert_fails(
        &sandbox,
        &["deploy", "dev"],
        1,
        &format!("STS GetCallerIdentity: no connection to http://{free}"),
        "AWS_ENDPOINT_URL",
    );
}

#[test]
fn an_endpoint_that_hangs() {
    // Connections are accepted by the kernel, and never answered.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let sandbox = Sandbox::on(ministack()).with("AWS_ENDPOINT_URL", &endpoint);
    assert_fails(
        &sandbox,
        &["deploy", "dev"],
        1,
        "STS GetCallerIdentity did not respond in time",
        "check the network",
    );
}

#[test]
fn what_the_api_refuses() {
    let sandbox = Sandbox::new();
    sandbox.umb(&["deploy", "local"]).ok();
    let run = sandbox
        .umb(&["users", "create", "--username", "a/b", "--email", "nope"])
        .fails(1);
    assert_eq!(
        run.stderr,
        "error: The request body is not valid: /username must have no control character and no \
         slash, and be neither `.` nor `..`; /email must be an e-mail address (400)\n"
    );
    let run = sandbox.umb(&["users", "get", "ghost"]).fails(1);
    assert_eq!(
        run.stderr,
        "error: User ghost does not exist (404)\nhint: `umb users list` shows the existing ones; `umb users create ghost` creates this one\n"
    );
}
