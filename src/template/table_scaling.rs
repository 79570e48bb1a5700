//! The resources that change a provisioned table's capacity with its load, and how to read them back.

use serde_json::{Value, json};

use crate::model::{Capacity, Limit, Scaling, TableBilling, Utilization};

/// Where the units of a table are among its properties.
pub(crate) const THROUGHPUT: &str = "/ProvisionedThroughput";

/// What has units of its own: the property of a table, its dimension and its metric.
#[derive(Debug, Clone, Copy)]
struct Side {
    /// The logical ID of what scales it.
    id: &'static str,
    property: &'static str,
    dimension: &'static str,
    metric: &'static str,
}

const READ: Side = Side {
    id: "ReadCapacity",
    property: "ReadCapacityUnits",
    dimension: "dynamodb:table:ReadCapacityUnits",
    metric: "DynamoDBReadCapacityUtilization",
};
const WRITE: Side = Side {
    id: "WriteCapacity",
    property: "WriteCapacityUnits",
    dimension: "dynamodb:table:WriteCapacityUnits",
    metric: "DynamoDBWriteCapacityUtilization",
};

/// Bills the table of a Stateful template so.
pub(super) fn bill(template: &mut Value, billing: TableBilling) {
    let Some((read, write)) = billing.capacity() else {
        return;
    };
    let table = &mut template["Resources"]["Table"]["Properties"];
    table["BillingMode"] = "PROVISIONED".into();
    for (side, capacity) in [(READ, read), (WRITE, write)] {
        template["Resources"]["Table"]["Properties"]["ProvisionedThroughput"][side.property] =
            capacity.initial().into();
        if let Some(scaling) = capacity.scaling() {
            scale(template, side, scaling);
        }
    }
}

/// Application Auto Scaling creates the role that it works with by itself, once per account. Source:
/// <https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-service-linked-roles.html>.
fn scale(template: &mut Value, side: Side, scaling: Scaling) {
    let resources = &mut template["Resources"];
    resources[side.id] = json!({
        "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
        "Properties": {
            "ServiceNamespace": "dynamodb",
            "ResourceId": {"Fn::Sub": "table/${Table}"},
            "ScalableDimension": side.dimension,
            "MinCapacity": scaling.min.get(),
            "MaxCapacity": scaling.max.get(),
        },
    });
    resources[format!("{}Policy", side.id)] = json!({
        "Type": "AWS::ApplicationAutoScaling::ScalingPolicy",
        "Properties": {
            "PolicyName": {"Fn::Sub": format!("${{Table}}-{}", side.id)},
            "PolicyType": "TargetTrackingScaling",
            "ScalingTargetId": {"Ref": side.id},
            "TargetTrackingScalingPolicyConfiguration": {
                "TargetValue": scaling.target.percent(),
                "PredefinedMetricSpecification": {"PredefinedMetricType": side.metric},
            },
        },
    });
}

/// Returns how the table of a Stateful template is billed, whichever umb made it; `None` if it cannot be read.
pub(crate) fn table_billing(template: &Value) -> Option<TableBilling> {
    let resources = &template["Resources"];
    let table = &resources["Table"]["Properties"];
    match table["BillingMode"].as_str()? {
        "PAY_PER_REQUEST" => Some(TableBilling::OnDemand),
        _ => Some(TableBilling::Provisioned {
            read: capacity(resources, READ)?,
            write: capacity(resources, WRITE)?,
        }),
    }
}

fn capacity(resources: &Value, side: Side) -> Option<Capacity> {
    let target = &resources[side.id]["Properties"];
    if target.is_null() {
        let units = &resources["Table"]["Properties"]["ProvisionedThroughput"][side.property];
        return limit(units).map(Capacity::Fixed);
    }
    let policy = &resources[format!("{}Policy", side.id)]["Properties"];
    let percent = &policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"];
    let scaling = Scaling::new(
        limit(&target["MinCapacity"])?,
        limit(&target["MaxCapacity"])?,
        Utilization::try_from(number(percent)?).ok()?,
    );
    scaling.ok().map(Capacity::Scaled)
}

fn limit(value: &Value) -> Option<Limit> {
    Limit::try_from(number(value)?).ok()
}

fn number(value: &Value) -> Option<u32> {
    value.as_u64().and_then(|number| u32::try_from(number).ok())
}
