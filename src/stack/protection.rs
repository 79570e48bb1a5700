//! The protection of a stage whose data must outlive mistakes.
//!
//! The table's template makes the table refuse deletion, keep 35 days of point-in-time recovery, and outlive its
//! stack. This does what templates cannot say: the stacks refuse to be deleted, and refuse updates that would replace or
//! delete the table.

use serde_json::json;

use crate::aws::AwsEnv;
use crate::template::HOLDS_DATA;

use super::deployed::DeployedStack;
use super::error::Error;

/// Protects a stack that was just deployed, or removes its protection, as the stage `wants`; `had` is what the stage
/// wanted before. A stack that somebody protected by hand stays protected.
pub(crate) async fn protect(
    env: &AwsEnv,
    stack: &DeployedStack,
    wants: bool,
    had: bool,
) -> Result<(), Error> {
    let is_protected = stack.details.is_protected;
    let is_settled = match (wants, had) {
        (true, _) => is_protected,
        (false, true) => !is_protected,
        (false, false) => true,
    };
    if is_settled {
        return Ok(());
    }
    let cloudformation = env.cloudformation();
    // The policy first: once the stack says that it is protected, it is so completely.
    cloudformation
        .set_policy(stack.arn(), &policy(wants))
        .await?;
    Ok(cloudformation
        .protect_from_deletion(stack.arn(), wants)
        .await?)
}

/// Lets a stack be deleted.
pub(super) async fn release(env: &AwsEnv, stack: &DeployedStack) -> Result<(), Error> {
    if stack.details.is_protected {
        env.cloudformation()
            .protect_from_deletion(stack.arn(), false)
            .await?;
    }
    Ok(())
}

/// Returns the stack policy. Once set, a stack policy can be changed but not removed. Source:
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html>.
fn policy(protects: bool) -> String {
    let mut statements = vec![json!({
        "Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"
    })];
    if protects {
        statements.push(json!({
            "Effect": "Deny", "Action": ["Update:Replace", "Update:Delete"], "Principal": "*",
            "Resource": "*",
            "Condition": {"StringEquals": {"ResourceType": HOLDS_DATA}}
        }));
    }
    json!({ "Statement": statements }).to_string()
}
