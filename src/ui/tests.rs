//! Results as people and programs get them, compared with the recorded ones.

use serde_json::json;

use crate::aws::cloudformation::{Difference, DriftedResource, Status};
use crate::model::{App, StackRef, StageName};
use crate::stack::{Class, Culprit, Diagnosis, Outputs, StackDrift, StackStatus};
use crate::stage::{Leftover, Plan, StageStatus};

use super::render;
use super::show::Show;

/// Compares the text and the JSON of a result with the recorded ones.
fn check(name: &str, result: &impl Show) {
    let text = anstream::adapter::strip_str(&result.text()).to_string();
    insta::assert_snapshot!(format!("{name}_text"), text);
    insta::assert_json_snapshot!(format!("{name}_json"), result);
}

fn dev() -> [StackRef; 2] {
    StackRef::pair(&App::default(), &StageName::dev())
}

#[test]
fn plans() {
    let arn =
        "arn:aws:cloudformation:eu-west-1:111111111111:stack/UserManagementBackend-Dev-Stateful/1";
    let resource = |id: &str, kind: &str, action: &str, properties: serde_json::Value| {
        json!({
            "logical_id": id, "resource_type": kind, "action": action, "properties": properties,
            "effect": "what users notice", "needs_consent": false, "loses_data": false,
        })
    };
    let properties = json!([
        {"path": "/Properties/RetentionInDays", "before": "30", "after": "7"},
        {"path": "/Properties/Tags"},
    ]);
    let plan = json!({
        "format": 1, "umb": "0.1.0", "app": "UserManagementBackend", "stage": "dev", "account": "111111111111",
        "region": "eu-west-1", "artifact": "00", "stacks": [
            {
                "stack": "UserManagementBackend-Dev-Stateful", "action": "update", "digest": "ab",
                "before": {"arn": arn, "changed": "2026-01-01T00:00:00Z"},
                "change_set": {"arn": "arn:aws:cloudformation:eu-west-1:111111111111:changeSet/umb/1", "stack_arn": arn},
                "reconciles_code": false,
                "resources": [
                    resource("Table", "AWS::DynamoDB::Table", "replace", json!([])),
                    resource("Logs", "AWS::Logs::LogGroup", "modify", properties),
                    resource("Alarm", "AWS::CloudWatch::Alarm", "add", json!([])),
                    resource("Old", "AWS::CloudWatch::Alarm", "remove", json!([])),
                    resource("Kept", "AWS::DynamoDB::Table", "release", json!([])),
                    resource("Found", "AWS::DynamoDB::Table", "import", json!([])),
                    resource("Role", "AWS::IAM::Role", "may_replace", json!([])),
                ],
                "broader": [{"logical_id": "Role", "grants": "dynamodb:Scan on *"}],
            },
            {
                "stack": "UserManagementBackend-Dev-Stateless", "action": "none", "digest": "cd",
                "reconciles_code": true, "resources": [], "broader": [],
            },
        ],
    });
    let plan: Plan = serde_json::from_value(plan).expect("a plan");
    check("plan", &plan);
}

#[test]
fn statuses() {
    let [stateful, stateless] = dev();
    let stack = |stack: StackRef, status: &str, reason: Option<&str>| StackStatus {
        stack,
        status: Status::new(status),
        status_reason: reason.map(str::to_owned),
        umb: Some("0.1.0".to_owned()),
        drift: reason.map(|_| "DRIFTED".to_owned()),
        protected: reason.is_none(),
        changed: "2026-01-01T00:00:00Z".parse().ok(),
        age_seconds: Some(7200),
    };
    let status = |stacks: Vec<StackStatus>, problem: Option<&str>| StageStatus {
        stage: StageName::dev(),
        account: "111111111111".parse().expect("valid"),
        region: "eu-west-1".parse().expect("valid"),
        endpoint: (!stacks.is_empty())
            .then(|| "https://a1.execute-api.eu-west-1.amazonaws.com/v1/".to_owned()),
        healthy: (!stacks.is_empty()).then_some(problem.is_none()),
        problem: problem.map(str::to_owned),
        stacks,
    };
    let works = vec![
        stack(stateful.clone(), "CREATE_COMPLETE", None),
        stack(stateless.clone(), "UPDATE_COMPLETE", None),
    ];
    let fails = vec![stack(
        stateless,
        "UPDATE_ROLLBACK_COMPLETE",
        Some("a resource failed"),
    )];
    let statuses = vec![
        status(works, None),
        status(fails, Some("the API is busy: Too Many Requests (429)")),
        status(Vec::new(), None),
    ];
    check("status", &statuses);
}

#[test]
fn diagnoses() {
    let [stateful, stateless] = dev();
    let console =
        "https://eu-west-1.console.aws.amazon.com/cloudformation/home?region=eu-west-1".to_owned();
    let failed = Diagnosis {
        stack: stateful,
        status: Status::new("UPDATE_ROLLBACK_COMPLETE"),
        status_reason: None,
        culprit: Some(Culprit {
            logical_id: "Table".to_owned(),
            resource_type: "AWS::DynamoDB::Table".to_owned(),
            status: Status::new("UPDATE_FAILED"),
            reason: "Subscriber limit exceeded".to_owned(),
            class: Class::Quota,
            request_id: Some("ABCD".to_owned()),
            at: "2026-01-01T00:00:00Z".parse().ok(),
        }),
        console: console.clone(),
    };
    let fine = Diagnosis {
        stack: stateless,
        status: Status::new("UPDATE_COMPLETE"),
        culprit: None,
        status_reason: None,
        console,
    };
    check("diagnose", &vec![failed, fine]);
}

#[test]
fn drifts() {
    let [stateful, stateless] = dev();
    let resource = |id: &str, deleted: bool, differences: Vec<Difference>| DriftedResource {
        logical_id: id.to_owned(),
        resource_type: "AWS::Logs::LogGroup".to_owned(),
        deleted,
        differences,
    };
    let difference = Difference {
        path: "/RetentionInDays".to_owned(),
        expected: Some("30".to_owned()),
        actual: None,
    };
    let drifted = StackDrift {
        stack: stateless,
        resources: vec![
            resource("Logs", false, vec![difference]),
            resource("Gone", true, Vec::new()),
        ],
    };
    let same = StackDrift {
        stack: stateful,
        resources: Vec::new(),
    };
    check("drift", &vec![same, drifted]);
}

#[test]
fn outputs() {
    let outputs: Outputs = [(
        "UserManagementBackend-Local".to_owned(),
        [(
            "EndpointURL".to_owned(),
            "http://127.0.0.1:8080/".to_owned(),
        )]
        .into(),
    )]
    .into();
    check("outputs", &outputs);
}

#[test]
fn leftovers() {
    let leftovers = [
        Leftover::Table {
            name: "UserManagementBackend-Prod-Stateful-Table".to_owned(),
            items: 7,
            bytes: 2048,
        },
        Leftover::LogGroup {
            name: "UserManagementBackend-Prod-Stateless-APIHandlerLogs".to_owned(),
            bytes: 0,
        },
        Leftover::Bucket {
            name: "usermanagementbackend-assets".to_owned(),
        },
    ];
    let text = render::leftovers(&StageName::prod(), &leftovers);
    insta::assert_snapshot!("leftovers_text", text);
}
