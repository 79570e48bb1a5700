//! The whole life of an app where everything is as slow, busy and strict as on AWS.

use std::fs;

use serde_json::json;

use crate::harness::{Sandbox, as_aws, ministack};
use crate::pipeline::around::{deploy_pipeline, on_moto};

/// What must have been met for the cycle to show anything.
const BEHAVIOURS: [&str; 9] = [
    "a bucket with another operation",
    "a function that is updating",
    "a function without an execution left",
    "a new table without backups",
    "a remapped header",
    "a request that is too large",
    "a table that is updating",
    "an API that is not there yet",
    "an old read of a stack",
];

/// All transports, in both directions.
fn there_and_back(sandbox: &Sandbox) {
    let users = |args: &[&str]| {
        let args = [&["users", "--stage", "prod"], args].concat();
        sandbox.umb(&args).ok()
    };
    let file = sandbox.work().join("users.jsonl");
    for transport in ["api", "table"] {
        users(&["export", "users.jsonl", "--sorted", "--via", transport]);
        let exported = fs::read_to_string(&file).unwrap();
        assert_eq!(
            exported,
            "{\"a\":\"b\",\"username\":\"jack\"}\n{\"username\":\"jane\"}\n{\"username\":\"john\"}\n"
        );
        users(&[
            "import",
            "users.jsonl",
            "--on-conflict",
            "update",
            "--via",
            transport,
        ]);
        fs::remove_file(&file).unwrap();
    }
}

/// API Gateway does not even take it.
fn what_is_too_large_is_refused(sandbox: &Sandbox) {
    let large = format!(
        "{{\"username\":\"large\",\"a\":\"{}\"}}",
        "x".repeat(10_485_760)
    );
    fs::write(sandbox.work().join("large.json"), large).unwrap();
    let create = [
        "users",
        "--stage",
        "prod",
        "create",
        "--json-body",
        "@large.json",
    ];
    let run = sandbox.umb(&create).fails(1);
    assert!(run.stderr.contains("larger than the 10 MB"), "{run:#?}");
}

#[test]
fn an_app_lives_and_dies_on_an_emulator_that_behaves_as_aws() {
    let (proxy, met) = as_aws(&ministack().endpoint);
    let sandbox = Sandbox::on(ministack()).with("AWS_ENDPOINT_URL", &proxy.endpoint);
    let app = sandbox.app.clone();
    let umb = |args: &[&str]| sandbox.umb(args).ok();
    let users = |args: &[&str]| umb(&[&["users", "--stage", "prod"], args].concat());

    // A table from S3, for a stage that imports it.
    let bucket = format!("{}-exports", app.to_lowercase());
    ministack().create_bucket(&sandbox, &bucket);
    let items = ["jane", "john"].map(|name| {
        let revision = "0123456789abcdef0123456789abcdef";
        json!({"username": {"S": name}, "$revision": {"S": revision}})
    });
    ministack().put_export(&sandbox, &format!("{bucket}/a/data/1.json.gz"), &items);
    users(&["import", "--from", &format!("s3://{bucket}/a/data")]);
    umb(&["deploy", "prod"]);
    umb(&["drift", "prod", "--exit-code"]);
    users(&["create", "jack"]);
    users(&["update", "jack", "--set", "a=b"]);

    // A change, with a policy; then the function alone, where that is allowed.
    sandbox
        .settings("[stages.prod]\nlog_retention_days = 7\nallowed_accounts = [\"222222222222\"]");
    umb(&["plan", "prod"]);
    umb(&["deploy", "prod", "--yes"]);
    umb(&["drift", "prod", "--exit-code"]);
    umb(&["deploy", "dev"]);
    umb(&["deploy", "dev", "--code-only"]);

    there_and_back(&sandbox);
    users(&["export", "--to", &format!("s3://{bucket}/b")]);
    what_is_too_large_is_refused(&sandbox);

    // The table outlives its stage, and comes back.
    umb(&["destroy", "prod", "--confirm", &sandbox.prod()]);
    umb(&["deploy", "prod", "--yes"]);
    users(&["get", "jack"]);
    umb(&["destroy", "all", "--delete-data", "--confirm", &app]);
    // The name of a bucket is taken for a while.
    umb(&["deploy", "dev"]);
    umb(&["destroy", "all", "--yes"]);

    let met = met.lock().unwrap();
    for behaviour in BEHAVIOURS.iter().chain(&["throttled"]) {
        assert!(met.contains_key(behaviour), "{behaviour}: {met:#?}");
    }
}

#[test]
fn a_pipeline_is_made_by_roles_that_are_new() {
    let (_moto, _around, sandbox) = on_moto();
    let (proxy, met) = as_aws(sandbox.variable("AWS_ENDPOINT_URL"));
    let sandbox = sandbox.with("AWS_ENDPOINT_URL", &proxy.endpoint);
    deploy_pipeline(&sandbox, &[]).ok();
    sandbox.umb(&["destroy", "all", "--yes"]).ok();
    let met = met.lock().unwrap();
    for behaviour in ["a role that is not known everywhere yet", "throttled"] {
        assert!(met.contains_key(behaviour), "{behaviour}: {met:#?}");
    }
}
