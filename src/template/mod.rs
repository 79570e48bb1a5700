//! The CloudFormation templates: bodies from `assets/` finished for one stage.
//!
//! Pure: nothing here calls AWS or reads a file at run time.

mod api;
mod bootstrap;
mod boundary;
mod gateway;
mod mark;
mod names;
mod pipeline;
mod policy;
mod resolved;
mod stacks;
mod yaml;

pub(crate) use bootstrap::{Bootstrap, PIPELINE_ACCOUNT, bootstrap};
pub(crate) use boundary::Boundary;
pub(crate) use mark::{Mark, VERSION};
pub(crate) use names::{
    HANDLER_FOLDER, bootstrap_name, bucket_names, execution_role_names, handler_key,
    is_deploying_stage, local_name, pipeline_bucket_name, pipeline_name, pipeline_stages,
    stack_stage, stateful_name, stateless_name, table_name,
};
pub(crate) use pipeline::{BUILDSPEC, CHANGE_SET, Pipeline, PipelineStage, pipeline};
pub(crate) use resolved::resolved;
pub(crate) use stacks::{
    APP_TAG, Admission, Authorization, Billing, HANDLER_BUCKET, HANDLER_KEY, HOLDS_DATA, Handler,
    PROTECTED, SETS_LOGGING_ROLE, Stack, Stage, Throttling, app_tags, stateful, stateless, tags,
};
pub(crate) use yaml::Error;
