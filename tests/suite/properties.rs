//! Requests that schemathesis generates from the contract, against every front that speaks HTTP: what is valid
//! is accepted, what is not is refused, and every answer is as the contract says.
//!
//! `cargo test` tries some, always the same; `UMB_HTTP_EXAMPLES=2000 cargo test --test suite properties` tries that
//! many for each operation, other ones every time.

use std::path::Path;
use std::process::Command;

use crate::harness::{Sandbox, ministack, peer};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const EXAMPLES: &str = "40";
const SEED: &str = "1";

/// Lets schemathesis loose on the API at `base`; `options` are more arguments.
#[track_caller]
fn assert_holds(base: &str, options: &[&str]) {
    let harness = Path::new(ROOT).join("tests/suite/harness");
    let examples = std::env::var("UMB_HTTP_EXAMPLES");
    let mut command = Command::new(peer("schemathesis"));
    command
        .arg("--config-file")
        .arg(harness.join("schemathesis.toml"))
        .args(["run", "--no-color", "--url", base.trim_end_matches('/')])
        .args(["--max-examples", examples.as_deref().unwrap_or(EXAMPLES)])
        .args(options)
        .arg(Path::new(ROOT).join("assets/openapi.yaml"))
        .current_dir(env!("CARGO_TARGET_TMPDIR"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PYTHONPATH", harness)
        .env("SCHEMATHESIS_HOOKS", "schemathesis_hooks");
    if examples.is_err() {
        command.args(["--seed", SEED]);
    }
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    let failed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}{failed}");
    // A run that tested nothing would succeed, too.
    assert!(told.contains("Tested: 5"), "{told}");
}

#[test]
fn the_local_stage_keeps_the_contract() {
    let sandbox = Sandbox::new();
    sandbox.umb(&["deploy", "local"]).ok();
    assert_holds(&sandbox.output("local", "EndpointURL"), &[]);
}

#[test]
fn a_deployed_stage_keeps_the_contract() {
    let aws = ministack();
    let sandbox = Sandbox::on(aws);
    // Whether a stage throttles is another test's question.
    sandbox.settings("stages.dev = { throttling_rate = 100000, throttling_burst = 100000 }");
    sandbox.umb(&["deploy", "dev"]).ok();
    aws.complete_import(&sandbox);
    let authorization = format!(
        "Authorization: AWS4-HMAC-SHA256 Credential={}/20260101/eu-west-1/execute-api/aws4_request, \
         SignedHeaders=host, Signature=0",
        sandbox.variable("AWS_ACCESS_KEY_ID")
    );
    let options = [
        "--header",
        &authorization,
        // To API Gateway, a method that is not there is a request without a signature: 403, as the seed has it.
        "--exclude-checks",
        "unsupported_method",
    ];
    assert_holds(&sandbox.output("dev", "EndpointURL"), &options);
}
