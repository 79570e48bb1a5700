//! What a stage needs where it is to be, and whether that is there.

use crate::aws;
use crate::template;

use super::bootstrap::trusted_account;
use super::{Cloud, Error};

/// What was found out about a stage's account and region.
#[derive(Debug, Clone)]
pub(crate) struct Checkup {
    /// Concurrent executions that the account may have, and those of them that nothing has reserved.
    pub(crate) concurrency: (u32, u32),
    /// Whether the account carries the reservation that the stage asks for, or asks for none.
    pub(crate) carries_reservation: bool,
    /// Whether API Gateway has the role that it logs with.
    pub(crate) has_logging_role: bool,
    /// The account whose pipeline has roles here.
    pub(crate) trusted: Option<String>,
    /// Whether the bucket of assets in the account's own namespace is there.
    pub(crate) has_bucket: bool,
}

/// Looks; nothing is changed.
pub(crate) async fn checkup(cloud: &Cloud, stage: &template::Stage) -> Result<Checkup, Error> {
    let concurrency = aws::lambda::concurrency(&cloud.session).await?;
    let wanted = stage.reserved_concurrency.unwrap_or(0);
    let stack = template::stateless_name(&stage.app, &stage.name);
    let stack = cloud.cloudformation().stack(&stack).await?;
    let held = stack
        .and_then(|stack| stack.parameters.get("ReservedConcurrency")?.parse().ok())
        .unwrap_or(0);
    let [bucket, _] = cloud.asset_buckets(&stage.app);
    Ok(Checkup {
        carries_reservation: wanted == held || concurrency.carries(wanted, held),
        concurrency: (concurrency.quota, concurrency.unreserved),
        has_logging_role: aws::apigateway::has_logging_role(&cloud.session).await?,
        trusted: trusted_account(cloud, &stage.app).await?,
        has_bucket: bucket.exists().await?,
    })
}
