//! Checks what a stage needs in its account and region.

use crate::aws::{self, AwsEnv};
use crate::model::{StackRef, StageSpec};
use crate::stack::asset_bucket::AssetBuckets;
use crate::stack::{DeployedStack, NamedRole};

use super::error::Error;

/// What was found in a stage's account and region.
#[derive(Debug, Clone)]
pub(crate) struct Preflight {
    /// The account's quota of concurrent executions.
    pub(crate) quota: u32,
    /// The concurrent executions that no function has reserved.
    pub(crate) unreserved: u32,
    /// Whether the quota allows the stage's reservation, if it has one.
    pub(crate) allows_reservation: bool,
    /// What API Gateway logs with.
    pub(crate) logging_role: NamedRole,
    /// Whether the asset bucket in the account's own namespace exists.
    pub(crate) has_bucket: bool,
}

/// Checks what a stage needs; changes nothing.
pub(crate) async fn preflight(env: &AwsEnv, stage: &StageSpec) -> Result<Preflight, Error> {
    let concurrency = aws::lambda::concurrency(env.session()).await?;
    let stateless = StackRef::stateless(&stage.app, &stage.name);
    let stateless = DeployedStack::find(env, stateless).await?;
    let held = stateless.map_or(0, |stack| stack.parameters.reserved_concurrency);
    let wanted = stage.reserved_concurrency.unwrap_or(held);
    let bucket = AssetBuckets::new(env, &stage.app).account_regional;
    Ok(Preflight {
        quota: concurrency.quota,
        unreserved: concurrency.unreserved,
        allows_reservation: wanted == held || concurrency.allows(wanted, held),
        logging_role: NamedRole::look(env).await?,
        has_bucket: bucket.exists().await?,
    })
}
