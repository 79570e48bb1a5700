//! The CloudFormation templates: bodies from `assets/` finished for one stage.
//!
//! Pure: nothing here calls AWS or reads a file at run time.

mod api;
mod gateway;
mod mark;
mod names;
mod policy;
mod stacks;
mod yaml;

pub(crate) use mark::{Mark, VERSION};
pub(crate) use names::{
    HANDLER_FOLDER, bucket_names, handler_key, local_name, stack_stage, stateful_name,
    stateless_name, table_name,
};
pub(crate) use stacks::{
    APP_TAG, Admission, Authorization, Billing, HANDLER_BUCKET, HANDLER_KEY, HOLDS_DATA, Handler,
    PROTECTED, SETS_LOGGING_ROLE, Stack, Stage, Throttling, app_tags, stateful, stateless, tags,
};
pub(crate) use yaml::Error;
