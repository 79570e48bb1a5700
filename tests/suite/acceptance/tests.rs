//! What a run does where somebody does not agree, interrupts it, or kills it: the run for AWS, on an emulator.

use std::env;
use std::io::{Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStderr, Command, Stdio};

use serde_json::{Value, json};

use crate::harness::{Proxy, Sandbox, ministack, ministack_with_iam, signal, user_with};
use crate::pipeline::around::Around;

use super::account::Account;
use super::run::{PREFIX, apps_in};
use super::steps::STEPS;

/// What a run itself calls, beside umb.
const POLICY: &str = include_str!("policy.json");
/// The characters of all inline policies of a role, blanks not counted:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const LARGEST_INLINE_POLICIES: usize = 10_240;

/// One of the two tests that need AWS, with the answer that somebody types.
struct Started {
    process: Child,
    stderr: ChildStderr,
    said: String,
}

impl Started {
    fn new(sandbox: &Sandbox, test: &str, answer: &str) -> Self {
        let mut command = sandbox.program(&env::current_exe().unwrap());
        let mut process = command
            .args(["--ignored", "--exact", &format!("acceptance::{test}")])
            .process_group(0)
            .env("RUST_BACKTRACE", "0")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        writeln!(process.stdin.take().unwrap(), "{answer}").unwrap();
        Self {
            stderr: process.stderr.take().unwrap(),
            process,
            said: String::new(),
        }
    }

    /// Waits until it says this.
    fn until(&mut self, text: &str) {
        let mut some = [0; 64];
        while !self.said.contains(text) {
            let length = self.stderr.read(&mut some).unwrap();
            assert!(length > 0, "ended before {text}: {}", self.said);
            self.said += &String::from_utf8_lossy(&some[..length]);
        }
    }

    /// Waits until it has ended; returns whether it succeeded, and all that it said and the test runner says of it.
    fn ended(mut self) -> (bool, String) {
        self.stderr.read_to_string(&mut self.said).unwrap();
        let output = self.process.wait_with_output().unwrap();
        let reported = String::from_utf8_lossy(&output.stdout);
        (output.status.success(), self.said + &reported)
    }
}

fn account(sandbox: &Sandbox) -> &str {
    sandbox.variable("AWS_ACCESS_KEY_ID")
}

/// MiniStack with connections, and a sandbox on it.
fn with_connections() -> (Proxy, Sandbox) {
    let mut around = Around::default();
    let proxy = Proxy::over(&ministack().endpoint, move |request| {
        let name = "onnections";
        let is_of_connections = request.target.contains(name) || request.path.contains(name);
        is_of_connections.then(|| around.answer(request, "App"))?
    });
    let sandbox = Sandbox::on(ministack()).with("AWS_ENDPOINT_URL", &proxy.endpoint);
    (proxy, sandbox)
}

/// How the report of a step begins.
fn step(number: usize) -> String {
    format!("{number}/{}", STEPS.len())
}

#[test]
fn nothing_happens_unless_the_accounts_number_is_typed() {
    let (proxy, sandbox) = with_connections();
    for answer in ["", "y", "111111111111"] {
        let (succeeded, said) = Started::new(&sandbox, "on_aws", answer).ended();
        assert!(!succeeded, "{said}");
        assert!(said.contains(account(&sandbox)), "{said}");
        assert!(said.contains("nothing was created"), "{said}");
    }
    assert_eq!(proxy.calls(), ["GetCallerIdentity"; 3]);
}

#[test]
fn an_interrupted_run_destroys_what_it_has_made() {
    let (_proxy, sandbox) = with_connections();
    let mut run = Started::new(&sandbox, "on_aws", account(&sandbox));
    run.until(&step(1));
    // As a terminal does: to all that it has in the foreground.
    signal(&format!("-{}", run.process.id()), "INT");
    let (succeeded, said) = run.ended();
    assert!(!succeeded, "{said}");
    assert!(
        said.contains("the acceptance run was interrupted"),
        "{said}"
    );
    assert!(
        said.contains("\nnothing is left\n") && !said.contains(&step(2)),
        "{said}"
    );
    assert_eq!(apps_in(&Account::of_sandbox(&sandbox)), [""; 0], "{said}");
}

#[test]
fn what_a_killed_run_has_left_is_cleaned_up() {
    let (_proxy, sandbox) = with_connections();
    let mut run = Started::new(&sandbox, "on_aws", account(&sandbox));
    run.until(&step(2));
    signal(&format!("-{}", run.process.id()), "KILL");
    run.process.wait().unwrap();
    let left = apps_in(&Account::of_sandbox(&sandbox));
    assert_eq!(left.len(), 1, "{left:?}");
    // What an import has created that nobody has ended: no stack has it, nor any tag.
    let table = json!({
        "TableName": format!("{}-Copy-Stateful-Table", left[0]),
        "AttributeDefinitions": [{"AttributeName": "username", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "username", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
        "DeletionProtectionEnabled": true,
    });
    let create = "DynamoDB_20120810.CreateTable";
    ministack().target(&sandbox, "dynamodb", create, &table.to_string());

    let (succeeded, said) = Started::new(&sandbox, "clean_up_on_aws", "y").ended();
    assert!(!succeeded, "{said}");
    let (succeeded, said) = Started::new(&sandbox, "clean_up_on_aws", account(&sandbox)).ended();
    assert!(succeeded && said.contains(&left[0]), "{said}");
    assert_eq!(apps_in(&Account::of_sandbox(&sandbox)), [""; 0], "{said}");
    let (succeeded, said) = Started::new(&sandbox, "clean_up_on_aws", "").ended();
    assert!(succeeded && said.contains("there is nothing"), "{said}");
}

#[test]
fn the_nightly_runs_policies_fit_and_its_own_calls_are_allowed() {
    let root = Sandbox::on_default_account(ministack_with_iam());
    let of_umb = ["permissions", "everything", "--app-prefix", PREFIX];
    let sandbox = Sandbox::new();
    let size: usize = [&sandbox.umb(&of_umb).ok().stdout, POLICY]
        .map(|policy| {
            serde_json::from_str::<Value>(policy)
                .unwrap()
                .to_string()
                .len()
        })
        .iter()
        .sum();
    assert!(size <= LARGEST_INLINE_POLICIES, "{size}");

    let policy = serde_json::from_str(POLICY).unwrap();
    let (id, secret) = user_with(ministack_with_iam(), &root, "nightly", &policy);
    let caller = Sandbox::at(&ministack_with_iam().endpoint)
        .with("AWS_ACCESS_KEY_ID", &id)
        .with("AWS_SECRET_ACCESS_KEY", &secret);
    let account = Account::of_sandbox(&caller);
    let bucket = format!("{}00000000-exports-1", PREFIX.to_lowercase());
    account.create_bucket(&bucket, PREFIX);
    account.put_object(&bucket, "users/1", b"{}".to_vec());
    assert!(account.names().contains(&format!("bucket {bucket}")));
    account.delete_bucket(&bucket);
}

#[test]
fn documented_and_scheduled_test_names_exist() {
    let listed = Command::new(env::current_exe().unwrap())
        .args(["--list", "--ignored"])
        .output()
        .unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    for text in [
        include_str!("../../../.github/workflows/acceptance.yml"),
        include_str!("../../../docs/acceptance.md"),
    ] {
        let named: Vec<_> = text.split(" acceptance::").skip(1).collect();
        assert_eq!(named.len(), 2, "{text}");
        for rest in named {
            let name = rest.split(' ').next().unwrap();
            let line = format!("acceptance::{name}: test\n");
            assert!(listed.contains(&line), "{name}");
            let options = rest.replace(" -- ", " ");
            let expected = format!("{name} --exact --ignored");
            assert!(options.starts_with(&expected), "{rest}");
        }
    }
}
