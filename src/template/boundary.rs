//! The policy that bounds all roles of the app, where an account asks for one.

use serde_json::{Value, json};

use crate::model::PermissionsBoundary;

/// Bounds every role of a template.
pub(super) fn apply(boundary: &PermissionsBoundary, template: &mut Value) {
    let arn = format!("arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:policy/{boundary}");
    let resources = template["Resources"].as_object_mut().into_iter().flatten();
    for (_, resource) in resources.filter(|(_, resource)| resource["Type"] == "AWS::IAM::Role") {
        resource["Properties"]["PermissionsBoundary"] = json!({ "Fn::Sub": arn });
    }
}
