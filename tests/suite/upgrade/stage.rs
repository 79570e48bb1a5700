//! A stage and a retained table of an earlier version, on MiniStack.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::harness::{MiniStack, Sandbox, ministack, texts};

use super::fixture::{ACCOUNT, APP, Stack, text};

/// A sandbox in an account where nothing else is.
fn sandbox(aws: &MiniStack, account: &str) -> Sandbox {
    let sandbox = Sandbox::at(&aws.endpoint).with("AWS_ACCESS_KEY_ID", account);
    sandbox.whole_settings(&format!("app = \"{APP}\"\n"));
    sandbox
}

/// Makes a stack as the earlier version did.
fn create(aws: &MiniStack, sandbox: &Sandbox, part: &str) -> Stack {
    let stack = Stack::read(part);
    let creation = stack.creation();
    let pairs: Vec<_> = creation
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    let answer = aws.cloudformation(sandbox, "CreateStack", &pairs);
    assert!(answer.contains("<StackId>"), "{answer}");
    aws.until_status(sandbox, &stack.name, "CREATE_COMPLETE");
    stack
}

/// The asset bucket with the function's package, where the stack `stateless` looks for it.
fn put_artifact(aws: &MiniStack, sandbox: &Sandbox, stateless: &Stack) {
    sandbox.umb(&["artifact", "--out", "handler.zip"]).ok();
    let zip = std::fs::read(sandbox.work().join("handler.zip")).unwrap();
    let (bucket, key) = (
        &stateless.parameters["HandlerBucket"],
        &stateless.parameters["HandlerKey"],
    );
    let region = "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>";
    let created = aws.send(sandbox, ["s3", "PUT", bucket], &[], Some(region.as_bytes()));
    assert_eq!(created.status, 200, "{created:?}");
    let put = aws.send(
        sandbox,
        ["s3", "PUT", &format!("{bucket}/{key}")],
        &[],
        Some(&zip),
    );
    assert_eq!(put.status, 200, "{put:?}");
}

/// What AWS calls a stack's resources, by logical id.
fn physical_ids(aws: &MiniStack, sandbox: &Sandbox, stack: &str) -> BTreeMap<String, String> {
    let pairs = [("StackName", stack)];
    let answer = aws.cloudformation(sandbox, "DescribeStackResources", &pairs);
    let all = |element| {
        let texts = texts(&answer, element);
        let texts: Vec<_> = texts.as_array().unwrap().iter().map(text_of).collect();
        texts
    };
    all("LogicalResourceId")
        .into_iter()
        .zip(all("PhysicalResourceId"))
        // Made to be replaced.
        .filter(|(id, _)| !id.starts_with("APIDeployment"))
        // AWS imports a new body into the API that there is; MiniStack makes another one.
        .filter(|(id, _)| !["RestAPI", "APIPermission"].contains(&id.as_str()))
        .collect()
}

fn text_of(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_deployed_stage_is_updated_in_place_with_its_users() {
    let aws = ministack();
    let sandbox = sandbox(aws, ACCOUNT);
    let stateful = create(aws, &sandbox, "Dev-Stateful");
    put_artifact(aws, &sandbox, &Stack::read("Dev-Stateless"));
    let stateless = create(aws, &sandbox, "Dev-Stateless");
    let stacks = [&stateful.name, &stateless.name];
    let users = ["users", "create", "--stage", "dev", "--username", "john"];
    sandbox.umb(&users).ok();
    let seen = |sandbox: &Sandbox| {
        let ids = stacks.map(|stack| physical_ids(aws, sandbox, stack));
        let api = sandbox.output("dev", "RestAPIId");
        let outputs = sandbox
            .umb(&["outputs", "dev"])
            .ok()
            .stdout
            .replace(&api, "API");
        let users = sandbox
            .umb(&["users", "list", "--stage", "dev"])
            .ok()
            .stdout;
        (ids, outputs, users)
    };
    let before = seen(&sandbox);
    assert_eq!(before.2, "{\"username\":\"john\"}\n");

    let plan = sandbox.umb(&["plan", "dev", "--json"]).ok().stdout;
    let plan: Value = serde_json::from_str(&plan).unwrap();
    for stack in plan["stacks"].as_array().unwrap() {
        assert_ne!(stack["action"], "create", "{stack:#}");
        for resource in stack["resources"].as_array().unwrap() {
            assert_eq!(resource["loses_data"], false, "{resource:#}");
            assert_eq!(resource["needs_consent"], false, "{resource:#}");
        }
    }
    let run = sandbox.umb(&["deploy", "dev", "--yes"]).ok();
    assert_eq!(seen(&sandbox), before);
    // The default of that version.
    let kept =
        "note: dev keeps what is deployed and umb.toml does not set: reserved_concurrency = 1\n";
    assert!(run.stderr.contains(kept), "{run:?}");
    sandbox.umb(&["plan", "dev", "--exit-code"]).ok();
    sandbox.umb(&["destroy", "dev", "--yes"]).ok();
}

#[test]
fn a_retained_table_comes_back_with_its_users() {
    let aws = ministack();
    let sandbox = sandbox(aws, "333333333334");
    let table: Value = serde_json::from_str(&text("retained/table.json")).unwrap();
    let own = |tag: &&Value| !text_of(&tag["Key"]).starts_with("aws:");
    let tags: Vec<_> = table["Tags"]
        .as_array()
        .unwrap()
        .iter()
        .filter(own)
        .collect();
    let creation = json!({
        "TableName": table["TableName"],
        "KeySchema": table["KeySchema"],
        "AttributeDefinitions": table["AttributeDefinitions"],
        "ProvisionedThroughput": table["ProvisionedThroughput"],
        "DeletionProtectionEnabled": table["DeletionProtectionEnabled"],
        "Tags": tags,
    });
    let call = |operation: &str, body: &Value| {
        let target = format!("DynamoDB_20120810.{operation}");
        aws.target(&sandbox, "dynamodb", &target, &body.to_string())
    };
    call("CreateTable", &creation);
    let items: Value = serde_json::from_str(&text("retained/items.json")).unwrap();
    for item in items.as_array().unwrap() {
        call(
            "PutItem",
            &json!({"TableName": table["TableName"], "Item": item}),
        );
    }
    let plan = sandbox.umb(&["plan", "prod", "--json"]).ok().stdout;
    let plan: Value = serde_json::from_str(&plan).unwrap();
    assert_eq!(
        plan["stacks"][0]["resources"][0]["action"], "import",
        "{plan:#}"
    );
    let run = sandbox.umb(&["deploy", "prod", "--yes"]).ok();
    let kept = "note: prod keeps what is deployed and umb.toml does not set: billing = \"provisioned\", \
                read_capacity = 5, write_capacity = 5\n";
    assert!(run.stderr.contains(kept), "{run:?}");
    let users = ["users", "export", "--stage", "prod", "--sorted"];
    let users = sandbox.umb(&users).ok().stdout;
    assert_eq!(sorted(&users), sorted(&text("retained/users.jsonl")));
    let name = format!("{APP}-Prod");
    let destroy = ["destroy", "prod", "--confirm", &name, "--delete-data"];
    sandbox.umb(&destroy).ok();
}

fn sorted(lines: &str) -> Vec<&str> {
    let mut lines: Vec<_> = lines.lines().collect();
    lines.sort_unstable();
    lines
}
