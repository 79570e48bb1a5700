//! Decides which of the replacements that CloudFormation calls conditional will not happen.
//!
//! A change set says "conditional" wherever a value becomes known only while the change happens, and also for everything
//! that refers to such a resource. Two things are known beforehand: some properties are documented to change in place
//! whatever their value, and a reference to a resource that stays does not change.

use crate::aws::cloudformation::{Action, Change, PropertyChange};
use crate::template::HOLDS_DATA;

/// Properties whose documented update behaviour is "no interruption". Source: "Update requires" in
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html>.
const IN_PLACE: [(&str, &[&str]); 9] = [
    (
        "AWS::ApiGateway::RestApi",
        &["Body", "Description", "Name", "Policy", "Tags"],
    ),
    (
        "AWS::ApiGateway::Stage",
        &[
            "AccessLogSetting",
            "DeploymentId",
            "Description",
            "MethodSettings",
            "Tags",
            "TracingEnabled",
            "Variables",
        ],
    ),
    (
        "AWS::ApplicationAutoScaling::ScalableTarget",
        &["MaxCapacity", "MinCapacity"],
    ),
    (
        "AWS::ApplicationAutoScaling::ScalingPolicy",
        &["TargetTrackingScalingPolicyConfiguration"],
    ),
    (
        "AWS::CloudWatch::Alarm",
        &[
            "AlarmDescription",
            "ComparisonOperator",
            "Dimensions",
            "EvaluationPeriods",
            "MetricName",
            "Metrics",
            "Namespace",
            "Period",
            "Statistic",
            "Tags",
            "Threshold",
            "TreatMissingData",
        ],
    ),
    ("AWS::CloudWatch::Dashboard", &["DashboardBody"]),
    (
        "AWS::IAM::Role",
        &[
            "AssumeRolePolicyDocument",
            "Description",
            "Policies",
            "Tags",
        ],
    ),
    (
        "AWS::Lambda::Function",
        &[
            "Code",
            "Environment",
            "MemorySize",
            "Role",
            "Tags",
            "Timeout",
        ],
    ),
    ("AWS::Logs::LogGroup", &["RetentionInDays", "Tags"]),
];

/// Turns the actions on resources that will stay into [`Action::Modify`]. Resources that hold data are left alone: there,
/// CloudFormation's doubt counts.
pub(super) fn decide(mut changes: Vec<Change>) -> Vec<Change> {
    loop {
        let decided: Vec<_> = (0..changes.len())
            .filter(|index| changes[*index].action == Action::MayReplace)
            .filter(|index| stays(&changes[*index], &changes))
            .collect();
        if decided.is_empty() {
            return changes;
        }
        for index in decided {
            changes[index].action = Action::Modify;
        }
    }
}

fn stays(change: &Change, all: &[Change]) -> bool {
    !HOLDS_DATA.contains(&change.resource_type.as_str())
        && !change.properties.is_empty()
        && change
            .properties
            .iter()
            .filter(|property| property.recreates)
            .all(|property| {
                is_in_place(&change.resource_type, &property.path)
                    || refers_to_what_stays(property, all)
            })
}

fn is_in_place(resource_type: &str, path: &str) -> bool {
    let path = path.trim_start_matches("/Properties");
    let name = path.trim_start_matches('/').split('/').next();
    IN_PLACE
        .iter()
        .find(|(known, _)| *known == resource_type)
        .is_some_and(|(_, properties)| name.is_some_and(|name| properties.contains(&name)))
}

/// Whether a change only comes from references to resources that stay: nobody will notice it.
pub(super) fn is_mere_reference(change: &Change, all: &[Change]) -> bool {
    change.action == Action::Modify
        && !change.properties.is_empty()
        && change
            .properties
            .iter()
            .all(|property| refers_to_what_stays(property, all))
}

/// Whether the property refers to resources that stay, and changes for no other reason.
fn refers_to_what_stays(property: &PropertyChange, all: &[Change]) -> bool {
    !property.causes.is_empty()
        && property.causes.iter().all(|cause| {
            all.iter()
                .find(|change| change.logical_id == *cause)
                .is_some_and(|change| change.action == Action::Modify)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(logical_id: &str, resource_type: &str, path: &str, causes: &[&str]) -> Change {
        Change {
            action: Action::MayReplace,
            logical_id: logical_id.to_owned(),
            resource_type: resource_type.to_owned(),
            properties: vec![PropertyChange {
                path: path.to_owned(),
                before: None,
                after: None,
                recreates: true,
                causes: causes.iter().map(|cause| (*cause).to_owned()).collect(),
            }],
        }
    }

    fn actions(changes: Vec<Change>) -> Vec<Action> {
        decide(changes)
            .into_iter()
            .map(|change| change.action)
            .collect()
    }

    #[test]
    fn what_is_documented_to_stay_stays_and_so_does_what_refers_to_it() {
        let changes = vec![
            change(
                "Deployment",
                "AWS::ApiGateway::Deployment",
                "/Properties/RestApiId",
                &["API"],
            ),
            change(
                "Permission",
                "AWS::Lambda::Permission",
                "/Properties/SourceArn",
                &["Deployment"],
            ),
            change("API", "AWS::ApiGateway::RestApi", "/Properties/Body", &[]),
        ];
        assert_eq!(actions(changes), [Action::Modify; 3]);
    }

    #[test]
    fn what_refers_to_something_that_may_go_is_left() {
        let changes = vec![
            change(
                "API",
                "AWS::ApiGateway::RestApi",
                "/Properties/EndpointConfiguration",
                &[],
            ),
            change(
                "Stage",
                "AWS::ApiGateway::Stage",
                "/Properties/RestApiId",
                &["API"],
            ),
        ];
        assert_eq!(actions(changes), [Action::MayReplace; 2]);
    }

    #[test]
    fn doubt_about_data_counts() {
        let changes = vec![
            change(
                "Logs",
                "AWS::Logs::LogGroup",
                "/Properties/RetentionInDays",
                &[],
            ),
            change(
                "Table",
                "AWS::DynamoDB::Table",
                "/Properties/TableName",
                &["Logs"],
            ),
        ];
        assert_eq!(actions(changes), [Action::Modify, Action::MayReplace]);
    }
}
