//! What CloudFormation takes, and what it reports as drift.

use std::fs;

use serde_json::Value;

use crate::harness::{Proxy, Reply, Sandbox, ministack};

/// The value of a parameter of the query protocol.
fn has(body: &str, parameter: &str) -> bool {
    body.split('&').any(|pair| pair == parameter)
}

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/drift-aware-change-sets.html>
#[test]
fn drift_is_reverted_only_of_stacks_that_exist() {
    let aws = ministack();
    let proxy = Proxy::over(&aws.endpoint, |request| {
        let is_refused = request.is("CreateChangeSet")
            && has(&request.body, "ChangeSetType=CREATE")
            && has(&request.body, "DeploymentMode=REVERT_DRIFT");
        is_refused
            .then(|| Reply::query_error("ValidationError", "REVERT_DRIFT is for stacks that exist"))
    });
    let sandbox = Sandbox::on(aws).with("AWS_ENDPOINT_URL", &proxy.endpoint);
    sandbox.umb(&["deploy", "dev", "--revert-drift"]).ok();
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
