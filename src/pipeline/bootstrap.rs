//! The roles that a pipeline has in an account and region. They outlive the pipeline and its stages.

use crate::aws::AwsEnv;
use crate::model::{AccountId, App, PermissionsBoundary, StackRef, names};
use crate::stack::{AppStack, DeployedStack, LoggingRole, Reporter, asset_bucket, find_app_stack};
use crate::template::{self, BOOTSTRAP_VERSION, BOOTSTRAP_VERSION_OUTPUT, Bootstrap};

use super::error::Error;

/// Plans the app's bootstrap stack, which trusts the pipeline of the account `trusted`.
pub(crate) async fn prepare_bootstrap(
    env: &AwsEnv,
    app: &App,
    trusted: &AccountId,
    boundary: Option<PermissionsBoundary>,
    reporter: &dyn Reporter,
) -> Result<AppStack, Error> {
    let existing = find_app_stack(env, StackRef::bootstrap(app)).await?;
    // A stack that has set the logging role keeps doing so; otherwise, the account is asked again.
    let has_set = existing.filter(|stack| stack.parameters.sets_logging_role == Some(true));
    let logging_role = LoggingRole::decide(env, has_set.as_ref(), reporter).await?;
    let rendered = template::bootstrap(&Bootstrap {
        app: app.clone(),
        pipeline_account: trusted.to_string(),
        account: env.account().to_string(),
        region: env.region().to_string(),
        boundary,
        sets_logging_role: logging_role.is_set,
    })?;
    let mut stack = AppStack::prepare(env, rendered, logging_role.mode(), reporter).await?;
    logging_role.ask_for(&mut stack.plan);
    Ok(stack)
}

/// Creates the bucket that the pipeline publishes to, unless it exists.
pub(crate) async fn provide_bucket(
    env: &AwsEnv,
    app: &App,
    reporter: &dyn Reporter,
) -> Result<(), Error> {
    Ok(asset_bucket::provide(env, app, reporter).await?)
}

/// Whether the app's bootstrap stack has the roles that a pipeline of this umb needs.
pub(crate) async fn has_current_roles(env: &AwsEnv, app: &App) -> Result<bool, Error> {
    let stack = find_app_stack(env, StackRef::bootstrap(app)).await?;
    Ok(stack.is_some_and(|stack| is_current(&stack)))
}

/// Whether a bootstrap stack has the roles that a pipeline of this umb needs.
pub(crate) fn is_current(bootstrap: &DeployedStack) -> bool {
    let version = bootstrap.details.outputs.get(BOOTSTRAP_VERSION_OUTPUT);
    let version = version.and_then(|version| version.parse::<u32>().ok());
    version.is_some_and(|version| version >= BOOTSTRAP_VERSION)
}

/// Returns the stacks that CloudFormation works on with a role of the app's bootstrap stack. Without the role, they
/// could not even be deleted.
pub(crate) async fn dependents(env: &AwsEnv, app: &App) -> Result<Vec<String>, Error> {
    let roles = [
        names::execution_role(app, env.region()),
        names::pipeline_execution_role(app, env.region()),
    ];
    let arns = roles.map(|role| env.role_arn(&role));
    let stacks = env.cloudformation().stacks().await?;
    let depends = |role: &Option<String>| role.as_ref().is_some_and(|arn| arns.contains(arn));
    Ok(stacks
        .into_iter()
        .filter(|stack| depends(&stack.role))
        .map(|stack| stack.name)
        .collect())
}
