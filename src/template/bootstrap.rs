//! The stack of the roles that a pipeline has where it deploys to, finished.

use serde_json::Value;

use super::stacks::{SETS_LOGGING_ROLE, Stack, app_tags, finished};
use super::yaml::{Error, parse};
use super::{Boundary, names};

const BOOTSTRAP: &str = include_str!("../../assets/bootstrap.yaml");

/// The parameter that says which account's pipeline is trusted.
pub(crate) const PIPELINE_ACCOUNT: &str = "PipelineAccount";

/// What shows in the template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bootstrap {
    pub(crate) app: String,
    /// The account, 12 digits, whose pipeline is trusted.
    pub(crate) pipeline_account: String,
    /// The account and region that the stack is in.
    pub(crate) account: String,
    pub(crate) region: String,
    /// The policy that all roles are bounded by.
    pub(crate) boundary: Option<Boundary>,
    /// Whether the account gets from it the role that API Gateway logs with.
    pub(crate) sets_logging_role: bool,
}

/// The stack.
pub(crate) fn bootstrap(bootstrap: &Bootstrap) -> Result<Stack, Error> {
    let Bootstrap {
        app,
        pipeline_account,
        account,
        region,
        boundary,
        sets_logging_role,
    } = bootstrap;
    let [asset_bucket, _] = names::bucket_names(app, account, region);
    let boundary_name = boundary.as_ref().map(|boundary| boundary.0.clone());
    let parameters = vec![
        ("App", app.clone()),
        (PIPELINE_ACCOUNT, pipeline_account.clone()),
        (
            "PipelineBucket",
            names::pipeline_bucket_name(app, pipeline_account, region),
        ),
        ("AssetBucket", asset_bucket),
        ("PermissionsBoundary", boundary_name.unwrap_or_default()),
        (SETS_LOGGING_ROLE, sets_logging_role.to_string()),
    ];
    let template: Value = parse(BOOTSTRAP)?;
    let name = names::bootstrap_name(app);
    Ok(finished(
        name,
        template,
        parameters,
        app_tags(app),
        boundary.as_ref(),
    ))
}
