//! The policies of `umb permissions`: enough for what they are for, and each statement is needed. MiniStack with
//! `AUTH=true` enforces them, also for what CloudFormation does with its caller's permissions.

mod printed;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Once, OnceLock};

use serde_json::{Value, json};

use crate::harness::{MiniStack, Proxy, Reply, Sandbox, ministack_with_iam, user_with};

/// Whoever may not look at the role that API Gateway logs with believes that it is there.
const BELIEVED: &str = "LookAtLoggingRole";
const ACCOUNT: &str = "111111111111";
/// What a command says when a permission is missing.
const DENIED: [&str; 3] = [
    "AccessDenied",
    "rejected these credentials",
    "not authorized",
];

/// What a caller does with a policy, after root has prepared it.
struct Task {
    name: &'static str,
    prepare: fn(&Sandbox),
    /// Each is run with these settings of `dev`.
    commands: &'static [(&'static str, &'static [&'static str])],
    /// Statements that MiniStack does without: it makes, reads and deletes a stack's resources without asking what their
    /// caller may. What these take is shown of the roles that they come from.
    unshown: &'static [&'static str],
}

fn nothing(_: &Sandbox) {}

fn deployed(root: &Sandbox) {
    root.umb(&["deploy", "dev"]).ok();
    root.umb(&["users", "create", "john", "--stage", "dev"])
        .ok();
}

fn settings(app: &str, dev: &str) -> String {
    format!(
        "app = \"{app}\"\n[stages.prod]\naccount = \"{ACCOUNT}\"\nregion = \"eu-west-1\"\n[stages.dev]\n\
         account = \"{ACCOUNT}\"\nregion = \"eu-west-1\"\n{dev}"
    )
}

/// Where buckets get no policy: theirs refuses what is not encrypted, as requests to MiniStack are.
fn endpoint(aws: &MiniStack) -> &'static str {
    static PROXY: OnceLock<Proxy> = OnceLock::new();
    let proxy = PROXY.get_or_init(|| {
        Proxy::over(&aws.endpoint, |request| {
            let is_policy = request.method == "PUT" && request.path.contains("?policy");
            is_policy.then(|| Reply::bytes(b""))
        })
    });
    &proxy.endpoint
}

/// The statements of the policy for a task.
fn statements(root: &Sandbox, task: &str) -> Vec<Value> {
    let policy = root.umb(&["permissions", task]).ok().stdout;
    let policy: Value = serde_json::from_str(&policy).unwrap();
    policy["Statement"].as_array().unwrap().clone()
}

/// An app that root has prepared for a task.
fn prepared(aws: &MiniStack, task: &Task) -> Sandbox {
    let root = Sandbox::on_default_account(aws).with("AWS_ENDPOINT_URL", endpoint(aws));
    root.whole_settings(&settings(&root.app, ""));
    (task.prepare)(&root);
    root
}

/// What a statement allows of what MiniStack does not see the table of: for any.
fn wide(statement: &Value) -> Value {
    const UNSEEN: [&str; 5] = [
        "DescribeExport",
        "DescribeImport",
        "ExportTableToPointInTime",
        "ImportTable",
        "TagResource",
    ];
    // No list of actions is empty, and everybody may do this.
    let mut actions = vec!["sts:GetCallerIdentity"];
    actions.extend(
        statement["Action"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|action| {
                let name = action.as_str()?.strip_prefix("dynamodb:")?;
                UNSEEN.contains(&name).then_some(action.as_str()?)
            }),
    );
    json!({"Effect": "Allow", "Action": actions, "Resource": "*"})
}

/// Does a task as a user who has only these statements.
fn attempt(
    aws: &MiniStack,
    task: &Task,
    root: &Sandbox,
    statements: &[&Value],
) -> Result<(), String> {
    static USERS: AtomicU32 = AtomicU32::new(0);
    let name = format!("{}{}", task.name, USERS.fetch_add(1, Ordering::Relaxed));
    // AWS lets everybody ask who they are; of the others, MiniStack does not see what they are asked about.
    let own = [
        "sts:GetCallerIdentity",
        "dynamodb:ListTagsOfResource",
        "logs:DescribeLogGroups",
    ];
    let own = json!({"Effect": "Allow", "Action": own, "Resource": "*"});
    let widened: Vec<_> = statements.iter().map(|statement| wide(statement)).collect();
    let statements: Vec<_> = statements
        .iter()
        .copied()
        .chain(&widened)
        .chain([&own])
        .collect();
    let policy = json!({"Version": "2012-10-17", "Statement": statements});
    let (id, secret) = user_with(aws, root, &name, &policy);
    let caller = Sandbox::at(endpoint(aws))
        .with("AWS_ACCESS_KEY_ID", &id)
        .with("AWS_SECRET_ACCESS_KEY", &secret);
    for (dev, command) in task.commands {
        caller.whole_settings(&settings(&root.app, dev));
        let command: Vec<_> = command
            .iter()
            .map(|word| {
                if *word == "APP" {
                    root.app.as_str()
                } else {
                    word
                }
            })
            .collect();
        let run = caller.umb(&command);
        if run.code != 0
            || DENIED
                .iter()
                .any(|text| (run.stdout.clone() + &run.stderr).contains(text))
        {
            return Err(format!("{command:?}: {}{}", run.stdout, run.stderr));
        }
    }
    Ok(())
}

fn assert_enough_and_needed(task: &Task) {
    let aws = ministack_with_iam();
    let root = prepared(aws, task);
    let all = statements(&root, task.name);
    let all_of_it: Vec<_> = all.iter().collect();
    attempt(aws, task, &root, &all_of_it).unwrap();
    let mut unneeded = Vec::new();
    for left_out in 0..all.len() {
        let root = prepared(aws, task);
        let all = statements(&root, task.name);
        let sid = all[left_out]["Sid"].as_str().unwrap();
        let others: Vec<_> = all
            .iter()
            .filter(|statement| statement["Sid"] != sid)
            .collect();
        if attempt(aws, task, &root, &others).is_ok() {
            unneeded.push(sid.to_owned());
        }
    }
    // No emulator here has Application Auto Scaling.
    unneeded.retain(|sid| !sid.starts_with("Capacity"));
    assert_eq!(unneeded, task.unshown, "{}: what is not needed", task.name);
}

#[test]
fn to_plan_and_to_look() {
    assert_enough_and_needed(&Task {
        name: "plan",
        prepare: deployed,
        commands: &[
            ("log_retention_days = 7", &["plan", "dev"]),
            ("", &["plan", "prod"]),
            ("", &["status", "dev"]),
            ("", &["outputs", "dev"]),
            ("", &["drift", "dev"]),
        ],
        unshown: &[
            BELIEVED,
            "Function",
            "Function2",
            "Monitoring",
            "Monitoring2",
            "Monitoring3",
        ],
    });
}

#[test]
fn to_deploy() {
    assert_enough_and_needed(&Task {
        name: "deploy",
        prepare: nothing,
        commands: &[
            ("", &["deploy", "dev"]),
            ("log_retention_days = 7", &["deploy", "dev", "--yes"]),
            ("log_retention_days = 7", &["deploy", "dev", "--code-only"]),
        ],
        unshown: &[
            BELIEVED,
            "Function",
            "Function2",
            "Function3",
            "Function4",
            "Monitoring",
            "Monitoring2",
            "Monitoring3",
        ],
    });
}

#[test]
fn to_destroy() {
    assert_enough_and_needed(&Task {
        name: "destroy",
        prepare: |root| {
            deployed(root);
            root.umb(&["deploy", "prod"]).ok();
        },
        commands: &[("", &["destroy", "all", "--delete-data", "--confirm", "APP"])],
        unshown: &[
            "ListLeftovers",
            "Function",
            "Function2",
            "Function3",
            "Function4",
            "API",
            "Monitoring",
            "Monitoring2",
        ],
    });
}

#[test]
fn to_work_with_users() {
    assert_enough_and_needed(&Task {
        name: "users",
        prepare: deployed,
        commands: &[
            ("", &["users", "list", "--stage", "dev"]),
            ("", &["users", "delete", "john", "--yes", "--stage", "dev"]),
        ],
        unshown: &[],
    });
}

#[test]
fn to_transfer_users() {
    assert_enough_and_needed(&Task {
        name: "transfer",
        prepare: deployed,
        commands: &[
            ("", &["users", "export", "a.jsonl", "--stage", "dev"]),
            (
                "",
                &[
                    "users",
                    "import",
                    "a.jsonl",
                    "--on-conflict",
                    "update",
                    "--stage",
                    "dev",
                ],
            ),
            (
                "",
                &[
                    "users", "export", "b.jsonl", "--via", "table", "--stage", "dev",
                ],
            ),
            (
                "",
                &[
                    "users", "import", "b.jsonl", "--via", "table", "--stage", "dev",
                ],
            ),
        ],
        unshown: &[],
    });
}

/// A table to export, and a bucket with an export.
fn exported(root: &Sandbox) {
    static BUCKET: Once = Once::new();
    root.umb(&["deploy", "prod"]).ok();
    let aws = ministack_with_iam();
    BUCKET.call_once(|| {
        aws.create_bucket(root, "transfers");
        let item = json!({"username": {"S": "john"}});
        aws.put_export(root, "transfers/data/1.json.gz", &[item]);
    });
}

#[test]
fn to_transfer_users_by_s3() {
    const TO: &str = "s3://transfers/users";
    const FROM: &str = "s3://transfers/data";
    const PROTECTED: &str = "protected = true";
    assert_enough_and_needed(&Task {
        name: "transfer-s3",
        prepare: exported,
        commands: &[
            ("", &["users", "export", "--to", TO, "--stage", "prod"]),
            (
                PROTECTED,
                &["users", "import", "--from", FROM, "--stage", "dev"],
            ),
        ],
        // DynamoDB's own calls.
        unshown: &["LogImports"],
    });
}

#[test]
fn to_make_the_roles_of_a_pipeline() {
    assert_enough_and_needed(&Task {
        name: "bootstrap",
        prepare: nothing,
        commands: &[(
            "",
            &["bootstrap", "dev", "--trust", "222222222222", "--yes"],
        )],
        unshown: &["PassLoggingRole", BELIEVED, "ManageRoles"],
    });
}
