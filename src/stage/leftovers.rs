//! What still exists of a stage outside of its stacks, and costs money.

use serde::Serialize;

use crate::aws::AwsEnv;
use crate::aws::logs;
use crate::model::{App, StackRef, StageName};
use crate::stack::asset_bucket::AssetBuckets;

use super::error::Error;
use super::retained_table;

/// Something that still exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Leftover {
    /// The table, retained with its users.
    Table {
        name: String,
        /// As DynamoDB counted them in the last six hours.
        items: u64,
        bytes: u64,
    },
    LogGroup {
        name: String,
        bytes: u64,
    },
    /// The app's asset bucket, which all its stages in the account and region share.
    Bucket {
        name: String,
    },
}

/// Finds what exists of a stage outside of its stacks.
pub(crate) async fn leftovers(
    env: &AwsEnv,
    app: &App,
    stage: &StageName,
) -> Result<Vec<Leftover>, Error> {
    let mut leftovers = Vec::new();
    if let Some(table) = retained_table::table(env, app, stage).await? {
        leftovers.push(Leftover::Table {
            name: table.name,
            items: table.items,
            bytes: table.bytes,
        });
    }
    let stateless = StackRef::stateless(app, stage);
    for prefix in [format!("{stateless}-"), format!("/aws/lambda/{stateless}-")] {
        let groups = logs::groups(env.session(), &prefix).await?;
        leftovers.extend(groups.into_iter().map(|group| Leftover::LogGroup {
            name: group.name,
            bytes: group.bytes,
        }));
    }
    for bucket in AssetBuckets::new(env, app).both() {
        if bucket.exists().await? {
            leftovers.push(Leftover::Bucket { name: bucket.name });
        }
    }
    Ok(leftovers)
}
