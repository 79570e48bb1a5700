//! Destroys a stage's stacks.

use crate::aws::AwsEnv;
use crate::model::{App, StackRef, StageName};
use crate::stack::{Reporter, delete_if_owned};

use super::error::Error;

/// Destroys a stage, protected or not: Stateless, which uses the table, then Stateful. Returns the stacks that existed. A
/// table that its template retains stays.
pub(crate) async fn destroy(
    env: &AwsEnv,
    app: &App,
    stage: &StageName,
    reporter: &dyn Reporter,
) -> Result<Vec<StackRef>, Error> {
    let [stateful, stateless] = StackRef::pair(app, stage);
    let mut destroyed = Vec::new();
    for stack in [stateless, stateful] {
        if delete_if_owned(env, stack.clone(), reporter).await? {
            destroyed.push(stack);
        }
    }
    Ok(destroyed)
}
