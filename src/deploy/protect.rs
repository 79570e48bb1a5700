//! The protection of a stage whose data must outlive mistakes.
//!
//! The table protects itself, by what its template says: it refuses deletion, can be restored to any
//! second of the last 35 days, and stays when its stack goes. Here is what templates cannot say: that the
//! stacks refuse to be deleted, and refuse updates that would replace or delete the table.

use serde_json::json;

use crate::aws::cloudformation::Stack;
use crate::template;

use super::{Cloud, Error};

/// Brings the protection of a stack that was just deployed to what the stage `wants`; `had` is what it
/// wanted before. What somebody protected by hand stays protected.
pub(super) async fn protect(
    cloud: &Cloud,
    stack: &Stack,
    wants: bool,
    had: bool,
) -> Result<(), Error> {
    let is_settled = match (wants, had) {
        (true, _) => stack.is_protected,
        (false, true) => !stack.is_protected,
        (false, false) => true,
    };
    if is_settled {
        return Ok(());
    }
    let cloudformation = cloud.cloudformation();
    // The policy first: where the stack says that it is protected, all of it is there.
    cloudformation
        .set_policy(&stack.arn, &policy(wants))
        .await?;
    Ok(cloudformation
        .protect_from_deletion(&stack.arn, wants)
        .await?)
}

/// Lets a stack be deleted.
pub(super) async fn release(cloud: &Cloud, stack: &Stack) -> Result<(), Error> {
    if stack.is_protected {
        let cloudformation = cloud.cloudformation();
        cloudformation
            .protect_from_deletion(&stack.arn, false)
            .await?;
    }
    Ok(())
}

/// A stack policy, once set, can be changed and not taken away. Source:
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html>.
fn policy(protects: bool) -> String {
    let mut statements = vec![json!({
        "Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"
    })];
    if protects {
        statements.push(json!({
            "Effect": "Deny", "Action": ["Update:Replace", "Update:Delete"], "Principal": "*",
            "Resource": "*",
            "Condition": {"StringEquals": {"ResourceType": template::HOLDS_DATA}}
        }));
    }
    json!({ "Statement": statements }).to_string()
}
