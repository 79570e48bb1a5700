//! The pipeline's stack: planned, and destroyed.

use crate::aws::AwsEnv;
use crate::aws::cloudformation::Mode;
use crate::aws::s3::Bucket;
use crate::model::{App, Pipeline, RunnerPin, StackRef, names};
use crate::stack::{AppStack, Reporter, StackPlan, delete_if_owned, find_app_stack};
use crate::template;

use super::error::Error;
use super::execution::PipelineRuns;

/// Plans the pipeline's stack. If the stack is new, CloudFormation works with the role that the bootstrap stack has for
/// it.
pub(crate) async fn prepare(
    env: &AwsEnv,
    pipeline: &Pipeline,
    runner: &RunnerPin,
    reporter: &dyn Reporter,
) -> Result<AppStack, Error> {
    let mut rendered = template::pipeline(pipeline, runner)?;
    let role = names::pipeline_execution_role(&pipeline.app, env.region());
    rendered.role = Some(env.role_arn(&role));
    Ok(AppStack::prepare(env, rendered, Mode::Standard, reporter).await?)
}

/// Returns what [`prepare`] would plan; changes nothing.
pub(crate) async fn plan(
    env: &AwsEnv,
    pipeline: &Pipeline,
    runner: &RunnerPin,
) -> Result<StackPlan, Error> {
    let rendered = template::pipeline(pipeline, runner)?;
    Ok(AppStack::outline(env, &rendered).await?)
}

/// Deletes the pipeline, with the artifacts of its actions; returns whether there was one.
///
/// # Errors
/// Also when a stack of that name belongs to somebody else.
pub(crate) async fn destroy(
    env: &AwsEnv,
    app: &App,
    reporter: &dyn Reporter,
) -> Result<bool, Error> {
    let id = StackRef::pipeline(app);
    if find_app_stack(env, id.clone()).await?.is_some() {
        PipelineRuns::new(env, app).halt().await?;
        // CloudFormation does not delete a bucket that has objects.
        let (account, region) = (env.account(), env.region());
        let bucket = names::pipeline_bucket(app, account.as_str(), region.as_str());
        let bucket = Bucket::new(env.session(), bucket, account.clone());
        if bucket.exists().await? {
            bucket.empty().await?;
        }
    }
    Ok(delete_if_owned(env, id, reporter).await?)
}
