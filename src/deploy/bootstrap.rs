//! The roles that a pipeline has in an account and region, and that outlive it and its stages.

use crate::template::{self, Bootstrap, Boundary};

use super::desired::lacks_logging_role;
use super::lone::{Lone, find};
use super::{Cloud, Error, Reporter, asset};

/// Plans the app's bootstrap stack, which trusts the pipeline of an account; before that, it makes the bucket
/// that the pipeline publishes into.
pub(crate) async fn bootstrap(
    cloud: &Cloud,
    app: &str,
    pipeline_account: &str,
    boundary: Option<Boundary>,
    reporter: &dyn Reporter,
) -> Result<Lone, Error> {
    asset::provide(cloud, app, reporter).await?;
    let existing = find(cloud, &template::bootstrap_name(app), app).await?;
    // One that has set the role keeps it; else the account is asked again.
    let has_set = existing.filter(|stack| {
        let sets = stack.parameters.get(template::SETS_LOGGING_ROLE);
        sets.is_some_and(|sets| sets == "true")
    });
    let wanted = template::bootstrap(&Bootstrap {
        app: app.to_owned(),
        pipeline_account: pipeline_account.to_owned(),
        account: cloud.account().to_owned(),
        region: cloud.region().to_owned(),
        boundary,
        sets_logging_role: lacks_logging_role(cloud, has_set.as_ref(), reporter).await?,
    })?;
    Lone::prepare(cloud, wanted, reporter).await
}

/// The account whose pipeline the app's bootstrap stack trusts; `None` where there is no such stack.
pub(crate) async fn trusted_account(cloud: &Cloud, app: &str) -> Result<Option<String>, Error> {
    let stack = find(cloud, &template::bootstrap_name(app), app).await?;
    Ok(stack.and_then(|stack| stack.parameters.get(template::PIPELINE_ACCOUNT).cloned()))
}

/// The stacks that CloudFormation works on with a role of the app's bootstrap stack: without it, they could not
/// even be deleted.
pub(crate) async fn dependents(cloud: &Cloud, app: &str) -> Result<Vec<String>, Error> {
    let roles = template::execution_role_names(app, cloud.region());
    let arns = roles.map(|role| cloud.role_arn(&role));
    let stacks = cloud.cloudformation().stacks().await?;
    let depends = |role: &Option<String>| role.as_ref().is_some_and(|arn| arns.contains(arn));
    Ok(stacks
        .into_iter()
        .filter(|stack| depends(&stack.role))
        .map(|stack| stack.name)
        .collect())
}
