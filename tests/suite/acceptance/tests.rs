//! What a run does where somebody does not agree, interrupts it, or kills it: the run for AWS, on an emulator.

use std::env;
use std::io::{Read as _, Write as _};
use std::process::{Child, ChildStderr, Command, Stdio};

use serde_json::Value;

use crate::harness::{Proxy, Sandbox, ministack, ministack_with_iam, signal, user_with};

use super::account::Account;
use super::run::{PREFIX, apps_in};

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

#[test]
fn nothing_happens_unless_the_accounts_number_is_typed() {
    let sandbox = Sandbox::on(ministack());
    let proxy = Proxy::over(&ministack().endpoint, |_| None);
    let sandbox = sandbox.with("AWS_ENDPOINT_URL", &proxy.endpoint);
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
    let sandbox = Sandbox::on(ministack());
    let mut run = Started::new(&sandbox, "on_aws", account(&sandbox));
    run.until("1/8");
    signal(&run.process.id().to_string(), "INT");
    let (succeeded, said) = run.ended();
    assert!(!succeeded, "{said}");
    assert!(
        said.contains("the acceptance run was interrupted"),
        "{said}"
    );
    assert!(said.contains("nothing is left"), "{said}");
    assert_eq!(apps_in(&Account::of_sandbox(&sandbox)), [""; 0], "{said}");
}

#[test]
fn what_a_killed_run_has_left_is_cleaned_up() {
    let sandbox = Sandbox::on(ministack());
    let mut run = Started::new(&sandbox, "on_aws", account(&sandbox));
    run.until("2/8");
    signal(&run.process.id().to_string(), "KILL");
    run.process.wait().unwrap();
    let left = apps_in(&Account::of_sandbox(&sandbox));
    assert_eq!(left.len(), 1, "{left:?}");

    let (succeeded, said) = Started::new(&sandbox, "clean_up_on_aws", "y").ended();
    assert!(!succeeded, "{said}");
    let (succeeded, said) = Started::new(&sandbox, "clean_up_on_aws", account(&sandbox)).ended();
    assert!(succeeded && said.contains(&left[0]), "{said}");
    assert_eq!(apps_in(&Account::of_sandbox(&sandbox)), [""; 0], "{said}");
    let (succeeded, said) = Started::new(&sandbox, "clean_up_on_aws", "").ended();
    assert!(succeeded && said.contains("there is nothing"), "{said}");
}

#[test]
fn the_role_of_the_nightly_run_fits_and_suffices() {
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
fn what_is_documented_and_scheduled_are_tests_that_there_are() {
    let listed = Command::new(env::current_exe().unwrap())
        .args(["--list", "--ignored"])
        .output()
        .unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    for text in [
        include_str!("../../../.github/workflows/acceptance.yml"),
        include_str!("../../../docs/acceptance.md"),
    ] {
        let named: Vec<_> = text.split("--test suite acceptance::").skip(1).collect();
        assert_eq!(named.len(), 2, "{text}");
        for rest in named {
            let name = rest.split(' ').next().unwrap();
            assert!(
                listed.contains(&format!("acceptance::{name}: test\n")),
                "{name}"
            );
            assert!(
                rest.starts_with(&format!("{name} -- --exact --ignored")),
                "{name}"
            );
        }
    }
}
