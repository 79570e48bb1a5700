//! What is still there of a stage, and costs money.

use serde::Serialize;

use crate::aws::logs;
use crate::template;

use super::{Cloud, Error, retained};

/// Something that is still there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Remnant {
    /// The table, retained with its users.
    Table {
        name: String,
        /// As DynamoDB counted them in the last six hours.
        items: u64,
        bytes: u64,
    },
    /// A log group.
    LogGroup { name: String, bytes: u64 },
    /// The asset bucket of the app, which all its stages here share.
    Bucket { name: String },
}

/// Looks for what is there of a stage outside of its stacks.
pub(crate) async fn remains(cloud: &Cloud, app: &str, stage: &str) -> Result<Vec<Remnant>, Error> {
    let mut remnants = Vec::new();
    if let Some(table) = retained::table(cloud, app, stage).await? {
        remnants.push(Remnant::Table {
            name: table.name,
            items: table.items,
            bytes: table.bytes,
        });
    }
    let stateless = template::stateless_name(app, stage);
    for prefix in [format!("{stateless}-"), format!("/aws/lambda/{stateless}-")] {
        let groups = logs::groups(&cloud.session, &prefix).await?;
        remnants.extend(groups.into_iter().map(|group| Remnant::LogGroup {
            name: group.name,
            bytes: group.bytes,
        }));
    }
    for bucket in cloud.asset_buckets(app) {
        if bucket.exists().await? {
            remnants.push(Remnant::Bucket { name: bucket.name });
        }
    }
    Ok(remnants)
}
