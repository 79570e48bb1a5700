//! What API Gateway makes of an API's policy.

use std::fs;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::harness::{MiniStack, Proxy, Reply, Sandbox, ministack};

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
        run.stderr.contains(&lacks) && run.stderr.contains("`umb deploy dev --revert-drift && aws"),
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
        run.stderr.contains(&other) && run.stderr.contains("op=replace,path=/policy,value="),
        "{run:#?}"
    );
    *policy.lock().unwrap() = "";
    sandbox.umb(&["deploy", "dev"]).ok();
}
