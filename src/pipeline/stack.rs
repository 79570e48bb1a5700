//! The pipeline's stack: planned from the settings, found, and brought back to nothing.

use crate::aws::s3::Bucket;
use crate::deploy::{self, Cloud, Lone, Reporter, StackPlan};
use crate::template;

use super::{Error, Pipeline};

/// Plans the pipeline's stack; CloudFormation is to work with the role of the bootstrap stack, if the stack is new.
pub(crate) async fn prepare(
    cloud: &Cloud,
    wanted: &template::Pipeline,
    reporter: &dyn Reporter,
) -> Result<Lone, Error> {
    let mut stack = template::pipeline(wanted)?;
    let [_, role] = template::execution_role_names(&wanted.app, cloud.region());
    stack.role = Some(cloud.role_arn(&role));
    Ok(Lone::prepare(cloud, stack, reporter).await?)
}

/// What [`prepare`] would find to be done; nothing is changed.
pub(crate) async fn plan(cloud: &Cloud, wanted: &template::Pipeline) -> Result<StackPlan, Error> {
    let stack = template::pipeline(wanted)?;
    Ok(Lone::outline(cloud, &stack).await?)
}

/// Deletes the pipeline with what its actions handed on; answers whether there was one.
///
/// # Errors
/// Also when a stack of that name is not the app's.
pub(crate) async fn destroy(
    cloud: &Cloud,
    app: &str,
    reporter: &dyn Reporter,
) -> Result<bool, Error> {
    let name = template::pipeline_name(app);
    if deploy::find(cloud, &name, app).await?.is_some() {
        Pipeline::of(cloud, app).halt().await?;
        // CloudFormation deletes no bucket that holds anything.
        let bucket = template::pipeline_bucket_name(app, cloud.account(), cloud.region());
        let bucket = Bucket::new(cloud.session(), bucket, cloud.account().to_owned());
        if bucket.exists().await? {
            bucket.empty().await?;
        }
    }
    Ok(deploy::destroy_lone(cloud, &name, app, reporter).await?)
}
