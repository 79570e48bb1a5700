//! The policy that all roles of the app are bounded by, where an account asks for one. Source:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>.

use serde_json::{Value, json};

/// A customer-managed policy of this name, in whichever account a role is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Boundary(pub(crate) String);

impl Boundary {
    /// Bounds every role of a template.
    pub(super) fn apply(&self, template: &mut Value) {
        let resources = template["Resources"].as_object_mut().into_iter().flatten();
        for (_, resource) in resources.filter(|(_, resource)| resource["Type"] == "AWS::IAM::Role")
        {
            resource["Properties"]["PermissionsBoundary"] = json!({
                "Fn::Sub": format!("arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:policy/{}", self.0)
            });
        }
    }
}
