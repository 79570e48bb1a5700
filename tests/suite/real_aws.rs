//! What AWS does that emulators do not, played in front of one.

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::harness::{MiniStack, Proxy, Reply, Request, Sandbox, ministack};

/// The value of a parameter of the query protocol.
fn has(body: &str, parameter: &str) -> bool {
    body.split('&').any(|pair| pair == parameter)
}

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
    let app = sandbox.app.clone();
    sandbox
        .umb(&["destroy", "prod", "--delete-data", "--confirm", &app])
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
            let error = "<Code>Throttling</Code><Message>Rate exceeded</Message>";
            let text = format!("<ErrorResponse><Error>{error}</Error></ErrorResponse>");
            Reply::from((400, text))
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
    let app = sandbox.app.clone();
    sandbox
        .umb(&["destroy", "prod", "--delete-data", "--confirm", &app])
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
            let error = "<Code>Throttling</Code><Message>Rate exceeded</Message>";
            let text = format!("<ErrorResponse><Error>{error}</Error></ErrorResponse>");
            Reply::from((400, text))
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

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/drift-aware-change-sets.html>
#[test]
fn drift_is_reverted_only_of_stacks_that_exist() {
    let aws = ministack();
    let proxy = Proxy::over(&aws.endpoint, |request| {
        let is_refused = request.is("CreateChangeSet")
            && has(&request.body, "ChangeSetType=CREATE")
            && has(&request.body, "DeploymentMode=REVERT_DRIFT");
        is_refused.then(|| {
            let message = "<ErrorResponse><Error><Code>ValidationError</Code><Message>REVERT_DRIFT is for stacks that \
                           exist</Message></Error></ErrorResponse>";
            Reply::from((400, message.to_owned()))
        })
    });
    let sandbox = Sandbox::on(aws).with("AWS_ENDPOINT_URL", &proxy.endpoint);
    sandbox.umb(&["deploy", "dev", "--revert-drift"]).ok();
}

#[test]
fn a_deploy_that_may_not_tidy_up_has_succeeded_all_the_same() {
    let aws = ministack();
    let proxy = Proxy::over(&aws.endpoint, |request| {
        let lists = request.method == "GET" && request.path.contains("prefix=handler");
        lists.then(|| {
            let denied = "<Error><Code>AccessDenied</Code><Message>no</Message></Error>";
            Reply::from((403, denied.to_owned()))
        })
    });
    let sandbox = Sandbox::on(aws).with("AWS_ENDPOINT_URL", &proxy.endpoint);
    let run = sandbox.umb(&["deploy", "dev"]).ok();
    assert!(
        run.stderr.contains(
            "old packages of functions were not deleted: S3 ListObjectsV2: no (AccessDenied)"
        ),
        "{run:#?}"
    );
    assert!(run.stdout.contains("EndpointURL"), "{run:#?}");
}

/// Whether a value refers to the ARN of one of `groups` by itself.
fn names_a_group(value: &Value, groups: &[&String]) -> bool {
    let attribute = value["Fn::GetAtt"].as_array();
    let is_own = attribute
        .is_some_and(|parts| parts[1] == "Arn" && groups.iter().any(|group| parts[0] == **group));
    is_own
        || match value {
            // In policies of roles, the ARN with ":*" is the right one.
            Value::Object(map) => map
                .iter()
                .any(|(key, value)| key != "Policies" && names_a_group(value, groups)),
            Value::Array(values) => values.iter().any(|value| names_a_group(value, groups)),
            _ => false,
        }
}

/// API Gateway reads a log group's ARN back without its ":*": <https://github.com/aws/aws-cdk/issues/38796>.
#[test]
fn no_resource_drifts_because_of_a_log_groups_arn() {
    let sandbox = Sandbox::new();
    let written = sandbox.umb(&["synth"]).ok().stdout;
    let mut groups_seen = 0;
    for file in written
        .lines()
        .filter(|line| line.ends_with(".template.json"))
    {
        let template = fs::read(sandbox.work().join(file)).unwrap();
        let template: Value = serde_json::from_slice(&template).unwrap();
        let resources = template["Resources"].as_object().unwrap();
        let groups: Vec<_> = resources
            .iter()
            .filter(|(_, resource)| resource["Type"] == "AWS::Logs::LogGroup")
            .map(|(id, _)| id)
            .collect();
        groups_seen += groups.len();
        assert!(!names_a_group(&template["Resources"], &groups), "{file}");
    }
    assert!(groups_seen > 0, "there are none to look for");
}

/// API Gateway writes out an ARN for the short form of a policy's resources, and an import of a body resets what the body
/// does not say: <https://docs.aws.amazon.com/apigateway/latest/developerguide/openapi-extensions-policy.html>.
#[test]
fn an_api_says_in_its_body_what_stands_beside_it_and_nothing_in_a_short_form() {
    let sandbox = Sandbox::new();
    sandbox.settings("stages.dev.allowed_cidrs = [\"192.0.2.0/24\"]");
    let written = sandbox.umb(&["synth", "dev"]).ok().stdout;
    let stateless = written
        .lines()
        .find(|line| line.ends_with("Stateless.template.json"));
    let text = fs::read_to_string(sandbox.work().join(stateless.unwrap())).unwrap();
    assert!(!text.contains("\"execute-api:/"), "{text}");
    let template: Value = serde_json::from_str(&text).unwrap();
    let api = &template["Resources"]["RestAPI"]["Properties"];
    for (property, extension) in [
        ("EndpointAccessMode", "endpoint-access-mode"),
        ("Policy", "policy"),
        ("SecurityPolicy", "security-policy"),
    ] {
        assert!(!api[property].is_null(), "{property}");
        assert_eq!(
            api[property],
            api["Body"][format!("x-amazon-apigateway-{extension}")]
        );
    }
}

/// The policy of the stage's API, as API Gateway has it: JSON without the quotes of a string.
fn policy_in_force(aws: &MiniStack, sandbox: &Sandbox) -> String {
    let path = format!("restapis/{}", sandbox.output("dev", "RestAPIId"));
    let api = aws.send(sandbox, ["apigateway", "GET", &path], &[], None);
    assert_eq!(api.status, 200, "{api:?}");
    api.json()["policy"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_policy_of_an_earlier_template_stays_in_force() {
    let aws = ministack();
    let sandbox = Sandbox::on(aws);
    sandbox.settings("stages.dev.allowed_cidrs = [\"192.0.2.0/24\"]");
    sandbox.umb(&["deploy", "dev", "--no-verify"]).ok();
    // As earlier versions wrote it: in the short form, and not in the body.
    let stack = format!("{}-Dev-Stateless", sandbox.app);
    let mut earlier = aws.template(&sandbox, &stack);
    let api = &mut earlier["Resources"]["RestAPI"]["Properties"];
    api["Policy"]["Statement"][0]["Resource"] = "execute-api:/*".into();
    let body = api["Body"].as_object_mut().unwrap();
    for extension in ["policy", "endpoint-access-mode", "security-policy"] {
        let stated = body.remove(&format!("x-amazon-apigateway-{extension}"));
        assert!(stated.is_some(), "{extension}");
    }
    aws.update_stack(&sandbox, (&stack, &earlier), &[], &[]);
    aws.until_status(&sandbox, &stack, "UPDATE_COMPLETE");
    assert!(policy_in_force(aws, &sandbox).contains("execute-api:/*"));

    sandbox.settings("[stages.dev]\nallowed_cidrs = [\"192.0.2.0/24\"]\nlog_retention_days = 7");
    sandbox.umb(&["deploy", "dev"]).ok();
    let policy = policy_in_force(aws, &sandbox);
    assert!(
        policy.contains("192.0.2.0/24") && policy.contains("arn:aws:execute-api:eu-west-1:"),
        "{policy}"
    );
    sandbox.umb(&["drift", "dev", "--exit-code"]).ok();
}

/// An import that takes a policy away: <https://github.com/hashicorp/terraform-provider-aws/issues/49672>; a removal that
/// leaves it: <https://github.com/aws/aws-cdk/issues/21840>.
#[test]
fn a_policy_that_is_not_in_force_fails_the_deploy() {
    let aws = ministack();
    let policy = Arc::new(Mutex::new(""));
    let said = Arc::clone(&policy);
    let proxy = Proxy::over(&aws.endpoint, move |request| {
        let is_api = request.method == "GET"
            && request.path.starts_with("/restapis/")
            && request.path.matches('/').count() == 2;
        is_api.then(|| Reply::json(200, &json!({"policy": *said.lock().unwrap()})))
    });
    let sandbox = Sandbox::on(aws).with("AWS_ENDPOINT_URL", &proxy.endpoint);
    sandbox.settings("stages.dev.allowed_cidrs = [\"192.0.2.0/24\"]");
    let run = sandbox.umb(&["deploy", "dev"]).fails(1);
    let stack = format!("{}-Dev-Stateless", sandbox.app);
    let lacks = format!(
        "error: the API of {stack} lacks its template's policy about who may call it\nhint: "
    );
    assert!(
        run.stderr.contains(&lacks) && run.stderr.contains("`umb deploy dev --revert-drift`"),
        "{run:#?}"
    );
    assert!(run.stdout.contains("EndpointURL"), "{run:#?}");

    *policy.lock().unwrap() = "{}";
    sandbox.settings("");
    let run = sandbox.umb(&["deploy", "dev", "--yes"]).fails(1);
    let other = format!(
        "error: the API of {stack} has another policy than its template about who may call it\nhint: "
    );
    assert!(
        run.stderr.contains(&other) && run.stderr.contains("op=remove,path=/policy"),
        "{run:#?}"
    );
    *policy.lock().unwrap() = "";
    sandbox.umb(&["deploy", "dev"]).ok();
}

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
#[test]
fn what_synth_writes_fits_into_a_request() {
    let sandbox = Sandbox::new();
    sandbox.whole_settings(
        "[pipeline]\naccount = \"111111111111\"\nregion = \"eu-west-1\"\nconnection = \"hub\"\n\
         repository = \"octo/backend\"\nstages = [\"dev\", \"prod\"]\napproval = [\"prod\"]\n\
         notify = \"mailto:ops@example.com\"\n[stages.prod]\n\
         account = \"222222222222\"\nallowed_accounts = [\"333333333333\"]\n",
    );
    for target in ["all", "pipeline", "bootstrap"] {
        let written = sandbox.umb(&["synth", target]).ok().stdout;
        for file in written.lines() {
            let size = fs::metadata(sandbox.work().join(file)).unwrap().len();
            assert!(size <= 51_200, "{file}: {size} bytes");
        }
    }
}
