//! What a deployed stage's stacks output.

use crate::aws::AwsEnv;
use crate::aws::dynamodb::Items;
use crate::model::{App, StackRef, StageName};
use crate::stack::{Outputs, reachable};
use crate::template::TABLE_KEY;

use super::error::Error;

/// The output that holds the table's name.
const TABLE_NAME: &str = "TableName";

/// Returns the outputs of a stage's stacks; `None` unless both are deployed.
pub(crate) async fn outputs(
    env: &AwsEnv,
    app: &App,
    stage: &StageName,
) -> Result<Option<Outputs>, Error> {
    let cloudformation = env.cloudformation();
    let [stateful, stateless] = StackRef::pair(app, stage).map(|id| id.name());
    let stacks = tokio::try_join!(
        cloudformation.stack(&stateful),
        cloudformation.stack(&stateless)
    )?;
    let (Some(stateful), Some(stateless)) = stacks else {
        return Ok(None);
    };
    let stacks = [stateful, stateless];
    let is_deployed = stacks.iter().all(|stack| !stack.outputs.is_empty());
    let outputs = stacks.map(|stack| (stack.name, reachable(env, stack.outputs)));
    Ok(is_deployed.then(|| outputs.into()))
}

/// Returns the items of a stage's table; `None` unless the stage is deployed.
pub(crate) async fn items(
    env: &AwsEnv,
    app: &App,
    stage: &StageName,
) -> Result<Option<Items>, Error> {
    let outputs = outputs(env, app, stage).await?.unwrap_or_default();
    let table = outputs
        .into_values()
        .find_map(|mut outputs| outputs.remove(TABLE_NAME));
    Ok(table.map(|table| Items::new(env.session(), table, TABLE_KEY)))
}
