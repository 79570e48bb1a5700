//! The stack that holds a stage's table.

use serde_json::json;

use crate::model::{StackRef, StageSpec, names};

use super::parameters::PROTECTED;
use super::stack::RenderedStack;
use super::yaml::{Error, parse};

const STATEFUL: &str = include_str!("../../assets/stateful.yaml");

/// The types of resources whose replacement or deletion loses data.
pub(crate) const HOLDS_DATA: [&str; 1] = ["AWS::DynamoDB::Table"];
/// The table's key, a string.
pub(crate) const TABLE_KEY: &str = "username";

/// Renders the stack.
///
/// # Errors
/// Only for a defect of the template's body.
pub(crate) fn stateful(stage: &StageSpec) -> Result<RenderedStack, Error> {
    let id = StackRef::stateful(&stage.app, &stage.name);
    let mut template = parse(STATEFUL)?;
    let table = &mut template["Resources"]["Table"];
    table["Properties"]["TableName"] = names::table(&stage.app, &stage.name).into();
    let tags = id.tags().into_iter();
    table["Properties"]["Tags"] = tags
        .map(|(key, value)| json!({"Key": key, "Value": value}))
        .collect();
    if let Some((read, write)) = stage.capacity() {
        table["Properties"]["BillingMode"] = "PROVISIONED".into();
        table["Properties"]["ProvisionedThroughput"] =
            json!({"ReadCapacityUnits": read, "WriteCapacityUnits": write});
    }
    if stage.protected {
        table["DeletionPolicy"] = "Retain".into();
        table["UpdateReplacePolicy"] = "Retain".into();
    }
    let parameters = vec![(PROTECTED, stage.protected.to_string())];
    Ok(RenderedStack::new(
        id,
        template,
        parameters,
        stage.boundary.as_ref(),
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use crate::model::{App, BillingMode, StageName};

    use super::*;

    fn stage() -> StageSpec {
        let app: App = "App".parse().expect("valid");
        StageSpec::new(app, StageName::dev())
    }

    #[test]
    fn only_a_protected_table_outlives_its_stack() {
        for (protected, policy) in [(true, "Retain"), (false, "Delete")] {
            let stack = stateful(&StageSpec {
                protected,
                ..stage()
            })
            .expect("valid");
            let table = &stack.template["Resources"]["Table"];
            assert_eq!(table["DeletionPolicy"], policy);
            assert_eq!(table["UpdateReplacePolicy"], policy);
            assert_eq!(table["Properties"]["TableName"], "App-Dev-Stateful-Table");
            assert_eq!(stack.parameters[PROTECTED], protected.to_string());
        }
    }

    #[test]
    fn the_table_is_billed_as_the_stage_says() {
        let properties = |billing| {
            let stack = stateful(&StageSpec { billing, ..stage() }).expect("valid");
            stack.template["Resources"]["Table"]["Properties"].clone()
        };
        let provisioned = properties(BillingMode::Provisioned);
        assert_eq!(provisioned["BillingMode"], "PROVISIONED");
        assert_eq!(
            provisioned["ProvisionedThroughput"],
            json!({"ReadCapacityUnits": 5, "WriteCapacityUnits": 5})
        );
        let on_demand = properties(BillingMode::OnDemand);
        assert_eq!(on_demand["BillingMode"], "PAY_PER_REQUEST");
        assert_eq!(on_demand["ProvisionedThroughput"], Value::Null);
    }

    #[test]
    fn it_holds_data_and_fits_into_a_request() {
        let stack = stateful(&stage()).expect("valid");
        let resources = stack.template["Resources"].as_object().expect("resources");
        let holds = |kind: &Value| HOLDS_DATA.iter().any(|holds| kind == holds);
        assert!(resources.values().any(|resource| holds(&resource["Type"])));
        // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
        assert!(stack.template.to_string().len() <= 51_200);
    }
}
