//! The stack that holds a stage's table.

use serde_json::json;

use crate::model::{StackRef, StageSpec, names};

use super::parameters::PROTECTED;
use super::stack::RenderedStack;
use super::table_scaling::bill;
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
    if stage.protected {
        table["DeletionPolicy"] = "Retain".into();
        table["UpdateReplacePolicy"] = "Retain".into();
    }
    if let Some(billing) = stage.billing() {
        bill(&mut template, billing);
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

    use crate::model::{App, StageName};

    use super::super::table_billing;
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

    fn billed(settings: &str) -> Value {
        let table = toml::from_str(settings).expect("valid");
        let stage = stage().with(&table).expect("valid");
        stateful(&stage).expect("valid").template
    }

    #[test]
    fn the_table_is_billed_as_the_stage_says() {
        let properties = |settings| billed(settings)["Resources"]["Table"]["Properties"].clone();
        let provisioned = properties("billing = \"provisioned\"");
        assert_eq!(provisioned["BillingMode"], "PROVISIONED");
        assert_eq!(
            provisioned["ProvisionedThroughput"],
            json!({"ReadCapacityUnits": 5, "WriteCapacityUnits": 5})
        );
        for settings in ["", "billing = \"on-demand\""] {
            let on_demand = properties(settings);
            assert_eq!(on_demand["BillingMode"], "PAY_PER_REQUEST");
            assert_eq!(on_demand["ProvisionedThroughput"], Value::Null);
        }
    }

    #[test]
    fn a_capacity_with_bounds_is_scaled_between_them() {
        let template = billed("read_capacity = { min = 2, max = 40, target = 50 }");
        let resources = &template["Resources"];
        let throughput = &resources["Table"]["Properties"]["ProvisionedThroughput"];
        assert_eq!(
            *throughput,
            json!({"ReadCapacityUnits": 2, "WriteCapacityUnits": 5})
        );
        let target = &resources["ReadCapacity"]["Properties"];
        assert_eq!(target["MaxCapacity"], 40);
        let policy = &resources["ReadCapacityPolicy"]["Properties"];
        let tracking = &policy["TargetTrackingScalingPolicyConfiguration"];
        assert_eq!(tracking["TargetValue"], 50);
        assert_eq!(resources["WriteCapacity"], Value::Null);
    }

    #[test]
    fn billing_is_read_back_as_it_was_written() {
        for settings in [
            "billing = \"on-demand\"",
            "read_capacity = 7",
            "read_capacity = { min = 2, max = 40 }\nwrite_capacity = { min = 1, max = 9, target = 20 }",
        ] {
            let table = toml::from_str(settings).expect("valid");
            let stage = stage().with(&table).expect("valid");
            assert_eq!(table_billing(&billed(settings)), stage.billing());
        }
        assert_eq!(table_billing(&Value::Null), None);
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
