//! What everything else speaks: validated names and attributes. Knows no AWS, no file and no terminal.

mod account;
mod alarm_spec;
mod app;
mod boundary;
mod function_spec;
mod limit;
pub(crate) mod names;
mod pipeline_spec;
mod stack_ref;
mod stage_spec;
mod table_billing;
mod target_env;
mod text;

pub(crate) use account::{AccountId, Partition, Region};
pub(crate) use alarm_spec::{Alarm, Threshold};
pub(crate) use app::{App, StageName};
pub(crate) use boundary::PermissionsBoundary;
pub(crate) use function_spec::{FunctionSource, FunctionTable};
pub(crate) use limit::Limit;
pub(crate) use pipeline_spec::{
    PathPattern, Pipeline, PipelineSpec, PipelineStage, PipelineTable, RunnerPin,
};
pub(crate) use stack_ref::{StackPart, StackRef, app_tags};
pub(crate) use stage_spec::{
    Authorization, Cidr, LogRetention, SettingConflict, StageSpec, StageTable,
};
pub(crate) use table_billing::{BillingMode, Capacity, Scaling, TableBilling, Utilization};
pub(crate) use target_env::TargetEnv;
pub(crate) use text::Invalid;
