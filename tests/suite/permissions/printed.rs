//! What `umb permissions` prints: sizes, apps that share a prefix, and the documentation.

use serde_json::{Value, json};

use crate::harness::{Sandbox, ministack_with_iam};

use super::{DENIED, Task, attempt, nothing, prepared, settings, statements};

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const LARGEST_MANAGED_POLICY: usize = 6_144;

/// What there are policies for, `everything` left out.
const TASKS: [&str; 8] = [
    "plan",
    "deploy",
    "destroy",
    "users",
    "transfer",
    "transfer-s3",
    "bootstrap",
    "pipeline",
];

#[test]
fn each_fits_into_a_managed_policy_with_the_longest_names() {
    let sandbox = Sandbox::new();
    let app = "A".repeat(24);
    sandbox.whole_settings(&settings(&app, "").replace("eu-west-1", "ap-southeast-2"));
    for task in TASKS {
        let policy = json!({"Version": "2012-10-17", "Statement": statements(&sandbox, task)});
        let size = policy.to_string().len();
        assert!(size <= LARGEST_MANAGED_POLICY, "{task}: {size}");
    }
}

#[test]
fn a_prefix_stands_for_every_app_whose_name_begins_with_it() {
    let sandbox = Sandbox::new();
    sandbox.whole_settings(&settings("PreviewOf42", ""));
    for task in TASKS.into_iter().chain(["everything"]) {
        let print = |args: &[&str]| {
            let args = [&["permissions", task], args].concat();
            sandbox.umb(&args).ok().stdout
        };
        let of_all = print(&["--app-prefix", "Preview"]);
        let of_one = of_all
            .replace("Preview*", "PreviewOf42")
            .replace("preview*", "previewof42");
        assert_eq!(of_one, print(&[]), "{task}");
    }
}

#[test]
fn the_policy_of_a_prefix_is_enough_for_its_apps_and_for_no_other() {
    let aws = ministack_with_iam();
    let task = Task {
        name: "everything",
        prepare: nothing,
        commands: &[("", &["deploy", "dev"]), ("", &["destroy", "all", "--yes"])],
        unshown: &[],
    };
    let root = prepared(aws, &task);
    let attempt_as = |prefix: &str| {
        let args = ["permissions", "everything", "--app-prefix", prefix];
        let policy: Value = serde_json::from_str(&root.umb(&args).ok().stdout).unwrap();
        let statements: Vec<_> = policy["Statement"].as_array().unwrap().iter().collect();
        attempt(aws, &task, &root, &statements)
    };
    let beginning = &root.app[..3];
    let refusal = attempt_as("Other").unwrap_err();
    assert!(
        DENIED.iter().any(|text| refusal.contains(text)),
        "{refusal}"
    );
    attempt_as(beginning).unwrap();
}

#[test]
fn the_documentation_shows_what_umb_prints() {
    let text = include_str!("../../../docs/permissions.md");
    let sandbox = Sandbox::new();
    for task in TASKS.into_iter().chain(["everything"]) {
        let heading = format!("\n### `umb permissions {task}`\n");
        let (_, section) = text.split_once(&heading).unwrap();
        let (_, shown) = section.split_once("```json\n").unwrap();
        let (shown, _) = shown.split_once("```\n").unwrap();
        let printed = sandbox.umb(&["permissions", task]).ok().stdout;
        assert_eq!(shown, printed, "docs/permissions.md: {task}");
    }
}
