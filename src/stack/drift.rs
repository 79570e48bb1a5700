//! Finds what was changed by hand in stacks.

use futures_util::future::try_join_all;
use serde::Serialize;

use crate::aws::AwsEnv;
use crate::aws::cloudformation::{Difference, DriftedResource};
use crate::model::{Capacity, StackRef, TableBilling};
use crate::template::{THROUGHPUT, table_billing};
use crate::wait::{self, Pace};

use super::deployed::DeployedStack;
use super::error::Error;

/// What differs from the template in one stack.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct StackDrift {
    pub(crate) stack: StackRef,
    /// Empty if nothing differs.
    pub(crate) resources: Vec<DriftedResource>,
}

/// Lets CloudFormation detect drift in stacks, in all of them at the same time.
pub(crate) async fn drift(
    env: &AwsEnv,
    stacks: &[DeployedStack],
) -> Result<Vec<StackDrift>, Error> {
    try_join_all(stacks.iter().map(|stack| detect(env, stack))).await
}

async fn detect(env: &AwsEnv, stack: &DeployedStack) -> Result<StackDrift, Error> {
    let cloudformation = env.cloudformation();
    let detection = cloudformation.detect_drift(stack.arn()).await?;
    let detected = wait::until(Pace::STACK, async || {
        cloudformation.drift_detected(&detection).await
    });
    detected.await?.map_err(|reason| Error::DriftUnknown {
        stack: stack.id.clone(),
        reason,
    })?;
    let mut resources = cloudformation.drifted_resources(stack.arn()).await?;
    let mut differences = resources.iter().flat_map(|resource| &resource.differences);
    if differences.any(|difference| difference.path.starts_with(THROUGHPUT)) {
        let template = cloudformation.template(stack.arn()).await?;
        let template = serde_json::from_str(&template).unwrap_or_default();
        forgive_scaling(&mut resources, table_billing(&template));
    }
    Ok(StackDrift {
        stack: stack.id.clone(),
        resources,
    })
}

/// Leaves out what is not changed by hand: units of a table that are where its scaling may put them.
fn forgive_scaling(resources: &mut Vec<DriftedResource>, billing: Option<TableBilling>) {
    let Some((read, write)) = billing.and_then(TableBilling::capacity) else {
        return;
    };
    let is_scaled = |difference: &Difference| {
        let capacity = match difference.path.strip_prefix(THROUGHPUT) {
            Some("/ReadCapacityUnits") => read,
            Some("/WriteCapacityUnits") => write,
            _ => return false,
        };
        let actual = difference.actual.as_deref().unwrap_or_default().parse();
        actual.is_ok_and(|units| may_be(capacity, units))
    };
    resources.retain_mut(|resource| {
        let had = resource.differences.len();
        resource
            .differences
            .retain(|difference| !is_scaled(difference));
        had == resource.differences.len() || !resource.differences.is_empty()
    });
}

/// Whether scaling may bring a capacity to so many units.
fn may_be(capacity: Capacity, units: u32) -> bool {
    capacity
        .scaling()
        .is_some_and(|scaling| (scaling.min.get()..=scaling.max.get()).contains(&units))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A table whose units differ from the template's, where reads are scaled from 2 to 40.
    fn left(read: &str, write: &str) -> Vec<String> {
        let template = json!({"Resources": {
            "Table": {"Properties": {
                "BillingMode": "PROVISIONED",
                "ProvisionedThroughput": {"ReadCapacityUnits": 2, "WriteCapacityUnits": 5},
            }},
            "ReadCapacity": {"Properties": {"MinCapacity": 2, "MaxCapacity": 40}},
            "ReadCapacityPolicy": {"Properties": {"TargetTrackingScalingPolicyConfiguration": {"TargetValue": 70}}},
        }});
        let differences = [
            ("/ReadCapacityUnits", "2", read),
            ("/WriteCapacityUnits", "5", write),
        ];
        let differences = differences.into_iter().filter(|(_, was, is)| was != is);
        let mut resources = vec![DriftedResource {
            logical_id: "Table".to_owned(),
            resource_type: "AWS::DynamoDB::Table".to_owned(),
            deleted: false,
            differences: differences
                .map(|(path, was, is)| Difference {
                    path: format!("{THROUGHPUT}{path}"),
                    expected: Some(was.to_owned()),
                    actual: Some(is.to_owned()),
                })
                .collect(),
        }];
        forgive_scaling(&mut resources, table_billing(&template));
        let left = resources
            .into_iter()
            .flat_map(|resource| resource.differences);
        left.map(|difference| difference.path).collect()
    }

    #[test]
    fn units_are_only_where_scaling_may_put_them() {
        let read = format!("{THROUGHPUT}/ReadCapacityUnits");
        let write = format!("{THROUGHPUT}/WriteCapacityUnits");
        assert_eq!(left("40", "5"), Vec::<String>::new());
        assert_eq!(left("41", "5"), [read]);
        assert_eq!(left("7", "6"), [write]);
    }
}
