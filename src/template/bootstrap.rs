//! The stack of the roles that a pipeline has in an account and region that it deploys to.

use crate::model::names::{self, AssetBucketNames};
use crate::model::{App, PermissionsBoundary, StackRef};

use super::parameters::{PIPELINE_ACCOUNT, SETS_LOGGING_ROLE};
use super::stack::RenderedStack;
use super::yaml::{Error, parse};

const BOOTSTRAP: &str = include_str!("../../assets/bootstrap.yaml");

/// The output that says of which version the roles are.
pub(crate) const BOOTSTRAP_VERSION_OUTPUT: &str = "Version";
/// The version of the roles. A change that a pipeline needs raises it; a newer version serves an older pipeline, too.
pub(crate) const BOOTSTRAP_VERSION: u32 = 3;

/// What the template depends on. Accounts and region are texts, because placeholders may stand for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bootstrap {
    pub(crate) app: App,
    /// The account whose pipeline is trusted.
    pub(crate) pipeline_account: String,
    /// The account and the region of the stack.
    pub(crate) account: String,
    pub(crate) region: String,
    /// The policy that bounds all roles.
    pub(crate) boundary: Option<PermissionsBoundary>,
    /// Whether the stack gives API Gateway the role that it logs with.
    pub(crate) sets_logging_role: bool,
}

/// Renders the stack.
///
/// # Errors
/// Only for a defect of the template's body.
pub(crate) fn bootstrap(bootstrap: &Bootstrap) -> Result<RenderedStack, Error> {
    let Bootstrap {
        app,
        pipeline_account,
        account,
        region,
        boundary,
        sets_logging_role,
    } = bootstrap;
    let boundary_name = boundary.as_ref().map(ToString::to_string);
    let parameters = vec![
        ("App", app.to_string()),
        (PIPELINE_ACCOUNT, pipeline_account.clone()),
        (
            "PipelineBucket",
            names::pipeline_bucket(app, pipeline_account, region),
        ),
        (
            "AssetBucket",
            AssetBucketNames::from_texts(app, account, region).account_regional,
        ),
        ("PermissionsBoundary", boundary_name.unwrap_or_default()),
        (SETS_LOGGING_ROLE, sets_logging_role.to_string()),
    ];
    let id = StackRef::bootstrap(app);
    let mut template = parse(BOOTSTRAP)?;
    template["Outputs"][BOOTSTRAP_VERSION_OUTPUT]["Value"] = BOOTSTRAP_VERSION.to_string().into();
    Ok(RenderedStack::new(
        id,
        template,
        parameters,
        boundary.as_ref(),
    ))
}
