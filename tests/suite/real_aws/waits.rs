//! What is busy, and what is throttled.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::json;

use crate::harness::{Proxy, Reply, Request, Sandbox, ministack};

/// How often each call was made.
type Calls = Arc<Mutex<BTreeMap<&'static str, usize>>>;

/// A sandbox on MiniStack, where each of these calls is first refused twice, because what it is about is busy.
fn where_all_is_busy(busy: [(&'static str, &'static str); 4]) -> (Calls, Sandbox) {
    let aws = ministack();
    let calls = Calls::default();
    let seen = Arc::clone(&calls);
    let proxy = Proxy::over(&aws.endpoint, move |request| {
        let call = format!(
            "{} {} {}",
            request.method,
            request.path,
            request.operation()
        );
        let (of, code) = busy.into_iter().find(|(of, _)| call.contains(of))?;
        let mut seen = seen.lock().unwrap();
        let count = seen.entry(of).or_default();
        *count += 1;
        if *count > 2 {
            return None;
        }
        Some(
            if request.target.is_empty() && request.path.contains("assets") {
                let text = format!("<Error><Code>{code}</Code><Message>busy</Message></Error>");
                Reply::from((409, text))
            } else {
                Reply::json(400, &json!({"__type": code, "message": "busy"}))
            },
        )
    });
    let sandbox = Sandbox::on(aws).with("AWS_ENDPOINT_URL", &proxy.endpoint);
    (calls, sandbox)
}

/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteTable.html>,
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>,
/// <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html>
#[test]
fn what_is_busy_is_waited_for() {
    let (calls, sandbox) = where_all_is_busy([
        ("?publicAccessBlock", "OperationAborted"),
        ("?versioning", "OperationAborted"),
        ("DeleteTable", "ResourceInUseException"),
        ("/code", "ResourceConflictException"),
    ]);
    sandbox.umb(&["deploy", "prod", "--yes"]).ok();
    sandbox.umb(&["deploy", "dev"]).ok();
    sandbox.umb(&["deploy", "dev", "--code-only"]).ok();
    sandbox
        .umb(&[
            "destroy",
            "prod",
            "--delete-data",
            "--confirm",
            &sandbox.prod(),
        ])
        .ok();
    let calls = calls.lock().unwrap();
    assert!(
        calls.len() == 4 && calls.values().all(|count| *count > 2),
        "{calls:?}"
    );
}

/// What is called, and what is throttled from then on for a while.
const WAITS: [(&str, &str); 5] = [
    ("CreateChangeSet", "DescribeChangeSet"),
    ("ExecuteChangeSet", "DescribeStacks"),
    ("UpdateFunctionCode", "GetFunctionConfiguration"),
    ("DetectStackDrift", "DescribeStackDriftDetectionStatus"),
    ("DeleteTable", "DescribeTable"),
];

/// A request's operation; Lambda's are named by method and path.
fn operation(request: &Request) -> String {
    match (request.method.as_str(), request.path.as_str()) {
        ("PUT", path) if path.ends_with("/code") => "UpdateFunctionCode".to_owned(),
        ("GET", path) if path.ends_with("/configuration") => "GetFunctionConfiguration".to_owned(),
        _ => request.operation(),
    }
}

/// Throttling may hit any call: <https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>.
#[test]
fn throttling_ends_no_wait() {
    let aws = ministack();
    let left = Mutex::new(BTreeMap::<&str, usize>::new());
    let refusals = Arc::new(Mutex::new(BTreeMap::<&str, usize>::new()));
    let counted = Arc::clone(&refusals);
    let proxy = Proxy::over(&aws.endpoint, move |request| {
        let operation = operation(request);
        let mut left = left.lock().unwrap();
        for (trigger, throttled) in WAITS {
            if operation == trigger {
                left.insert(throttled, 2);
            }
        }
        let (throttled, left) = left.iter_mut().find(|(name, _)| **name == operation)?;
        *left = left.checked_sub(1)?;
        *counted.lock().unwrap().entry(throttled).or_default() += 1;
        let throttling = json!({"__type": "ThrottlingException", "message": "Rate exceeded"});
        Some(if request.body.contains("Action=") {
            Reply::query_error("Throttling", "Rate exceeded")
        } else {
            Reply::json(429, &throttling)
        })
    });
    // Without retries of the SDK's, each refusal reaches umb.
    let sandbox = Sandbox::on(aws)
        .with("AWS_ENDPOINT_URL", &proxy.endpoint)
        .with("AWS_MAX_ATTEMPTS", "1");
    sandbox.umb(&["deploy", "dev"]).ok();
    sandbox.umb(&["deploy", "dev", "--code-only"]).ok();
    sandbox.umb(&["drift", "dev"]).ok();
    sandbox.umb(&["deploy", "prod", "--yes"]).ok();
    sandbox
        .umb(&[
            "destroy",
            "prod",
            "--delete-data",
            "--confirm",
            &sandbox.prod(),
        ])
        .ok();
    let refusals = refusals.lock().unwrap();
    assert_eq!(refusals.len(), WAITS.len(), "{refusals:?}");
}

/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>
#[test]
fn the_number_of_attempts_is_the_users() {
    let aws = ministack();
    let calls = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&calls);
    let proxy = Proxy::over(&aws.endpoint, move |request| {
        request.is("GetCallerIdentity").then(|| {
            *counted.lock().unwrap() += 1;
            Reply::query_error("Throttling", "Rate exceeded")
        })
    });
    for (attempts, expected) in [("1", 1), ("2", 2), ("", 5)] {
        let sandbox = Sandbox::on(aws)
            .with("AWS_ENDPOINT_URL", &proxy.endpoint)
            .with("AWS_MAX_ATTEMPTS", attempts);
        let run = sandbox.umb(&["status", "dev"]).fails(1);
        assert!(run.stderr.contains("Rate exceeded"), "{run:#?}");
        assert_eq!(std::mem::take(&mut *calls.lock().unwrap()), expected);
    }
    let sandbox = Sandbox::on(aws).with("AWS_RETRY_MODE", "fast");
    let run = sandbox.umb(&["status", "dev"]).fails(1);
    assert!(
        run.stderr.starts_with(
            "error: AWS_RETRY_MODE = `fast` is not valid: it is standard, adaptive or legacy\nhint: "
        ),
        "{run:#?}"
    );
}
