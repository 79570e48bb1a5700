//! What a run does. Each step continues from the previous one.

use std::fmt::Write as _;
use std::fs;
use std::sync::Arc;

use crate::contract::CASES;
use crate::contract::fronts::{Front, Way};
use crate::harness::Sandbox;

use super::place::{Place, runner_of_builds};

/// A step, and what it does.
type Step = (&'static str, fn(&Place));

pub const STEPS: &[Step] = &[
    ("dev is planned, deployed, and deployed again", deploy),
    ("the whole HTTP contract", contract),
    ("dev is changed, and has not drifted", change),
    ("the function's code alone", code_only),
    ("users into prod and out of it, by API and table", transfer),
    ("users into another stage, by S3", transfer_by_s3),
    ("a table outlives its stage, and comes back", retain),
    ("a pipeline whose connection nobody has completed", pipeline),
];

/// How many users are moved.
const USERS: usize = 200;

fn deploy(place: &Place) {
    let umb = |args: &[&str]| place.stages.umb(args);
    umb(&["plan", "dev", "--exit-code"]).fails(4);
    umb(&["deploy", "dev"]).ok();
    let again = umb(&["deploy", "dev"]).ok();
    assert_eq!(
        again.stdout.matches("(no changes)").count(),
        2,
        "{again:#?}"
    );
    umb(&["plan", "dev", "--exit-code"]).ok();
    umb(&["drift", "dev", "--exit-code"]).ok();
    umb(&["status"]).ok();
    let untagged = place.account.stacks_without_tag(&place.stages.app);
    assert!(untagged.is_empty(), "{untagged:#?}");
}

fn contract(place: &Place) {
    place.complete_api();
    let account = place.account.clone();
    let front = Front {
        sandbox: Arc::clone(&place.stages),
        way: Way::Signed {
            base: place.stages.output("dev", "EndpointURL"),
            caller: Box::new(move || account.caller()),
        },
    };
    for (_, case) in CASES {
        case(&front);
    }
}

fn change(place: &Place) {
    place.settings("log_retention_days = 7");
    let umb = |args: &[&str]| place.stages.umb(args);
    umb(&["plan", "dev", "--exit-code"]).fails(4);
    umb(&["plan", "dev", "--out", "plan.json"]).ok();
    umb(&["deploy", "dev", "--plan", "plan.json"]).ok();
    umb(&["drift", "dev", "--exit-code"]).ok();
}

fn code_only(place: &Place) {
    let umb = |args: &[&str]| place.stages.umb(args).ok();
    let function = place.stages.output("dev", "APIHandlerName");
    let deployed = place.account.code(&function);
    umb(&["artifact", "--out", "handler.zip"]);
    let zip = fs::read(place.stages.work().join("handler.zip")).unwrap();
    place.account.alter_code(&function, &zip);
    assert_ne!(place.account.code(&function), deployed);
    umb(&["deploy", "dev", "--code-only"]);
    assert_eq!(place.account.code(&function), deployed);
    umb(&["drift", "dev", "--exit-code"]);
}

/// Users whose export is the same text again: sorted, in umb's own way of writing them.
fn users() -> String {
    let mut text = String::new();
    for number in 0..USERS {
        let digits = "1234567890123456789012345678901234567";
        writeln!(
            text,
            "{{\"deep\":[{{\"a\":null}},-{number}.25],\"n\":{digits}{},\"username\":\"ünï ☃ {number:04}\"}}",
            number % 9 + 1
        )
        .unwrap();
    }
    text
}

/// What a stage holds.
fn exported(sandbox: &Sandbox, stage: &str, transport: &str) -> String {
    let args = [
        "users", "--stage", stage, "export", "--sorted", "--via", transport,
    ];
    sandbox.umb(&args).ok().stdout
}

fn transfer(place: &Place) {
    let sandbox = &*place.stages;
    sandbox.umb(&["deploy", "prod"]).ok();
    let users = users();
    fs::write(sandbox.work().join("users.jsonl"), &users).unwrap();
    for transport in ["api", "table"] {
        let args = ["users", "--stage", "prod", "import", "users.jsonl"];
        let conflict = ["--on-conflict", "update", "--via", transport];
        sandbox.umb(&[&args[..], &conflict].concat()).ok();
        assert!(
            exported(sandbox, "prod", transport) == users,
            "by {transport}"
        );
    }
    let umb = |args: &[&str]| {
        sandbox
            .umb(&[&["users", "--stage", "prod"], args].concat())
            .ok()
    };
    umb(&["create", "jane", "--set", "country=US"]);
    let tag = umb(&["get", "jane", "--etag"]).stdout;
    umb(&[
        "update",
        "jane",
        "--set",
        "state=WA",
        "--if-match",
        tag.trim(),
    ]);
    umb(&["delete", "jane", "--yes"]);
    umb(&["list"]);
}

/// The bucket that users go through.
fn bucket(place: &Place) -> String {
    let app = place.stages.app.to_lowercase();
    format!(
        "{app}-exports-{}-{}",
        place.account.number, place.account.region
    )
}

fn transfer_by_s3(place: &Place) {
    let sandbox = &*place.stages;
    let bucket = bucket(place);
    place.account.create_bucket(&bucket, &sandbox.app);
    let to = format!("s3://{bucket}/users");
    let export = sandbox
        .umb(&["users", "--stage", "prod", "export", "--to", &to])
        .ok();
    let location = export.stdout.trim();
    place.complete_export(location, &sandbox.output("prod", "TableName"));
    sandbox
        .umb(&["users", "--stage", "copy", "import", "--from", location])
        .ok();
    sandbox.umb(&["deploy", "copy"]).ok();
    assert!(exported(sandbox, "copy", "api") == users());
}

fn retain(place: &Place) {
    let sandbox = &*place.stages;
    let destroyed = sandbox
        .umb(&["destroy", "prod", "--confirm", &sandbox.prod()])
        .ok();
    assert!(
        destroyed.stderr.contains("-Prod-Stateful-Table"),
        "{destroyed:#?}"
    );
    sandbox.umb(&["deploy", "prod", "--yes"]).ok();
    assert!(exported(sandbox, "prod", "table") == users());
    sandbox.umb(&["drift", "prod", "--exit-code"]).ok();
}

fn pipeline(place: &Place) {
    let sandbox = &*place.pipeline;
    sandbox
        .umb(&["connection", "create", "--provider", "GitHub", "--no-wait"])
        .ok();
    let runner = runner_of_builds();
    let target = ["pipeline", "--runner", &runner];
    let deployed = sandbox
        .umb(&[&["deploy"], &target[..], &["--yes"]].concat())
        .ok();
    let pending = "is pending until a person authorizes it at GitHub";
    assert!(deployed.stderr.contains(pending), "{deployed:#?}");
    sandbox
        .umb(&[&["plan"], &target[..], &["--exit-code"]].concat())
        .ok();
    let doctor = sandbox.umb(&["doctor"]).fails(1);
    assert!(doctor.stdout.contains("cannot be used yet"), "{doctor:#?}");
}

/// Destroys everything, and returns what could not be destroyed and why.
pub fn destroy(place: &Place) -> Vec<String> {
    let mut failures = Vec::new();
    for sandbox in place.sandboxes() {
        let app = &sandbox.app;
        let args = ["destroy", "all", "--delete-data", "--yes", "--confirm", app];
        let run = sandbox.umb(&args);
        if run.code != 0 {
            failures.push(run.stdout + &run.stderr);
        }
    }
    // A table that is being imported is not its stage's yet.
    for stage in ["Dev", "Prod", "Copy"] {
        let table = format!("{}-{stage}-Stateful-Table", place.stages.app);
        place.account.delete_table(&table);
    }
    place.account.delete_bucket(&bucket(place));
    failures
}
