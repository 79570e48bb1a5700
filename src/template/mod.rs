//! The CloudFormation templates: bodies from `assets/`, completed for one stage, for the pipeline, or for its roles.
//!
//! Pure: nothing here calls AWS or reads a file at run time.

mod api;
mod bootstrap;
mod boundary;
mod gateway_responses;
mod intrinsics;
mod parameters;
mod permissions;
mod pipeline;
mod pipeline_stages;
mod provenance;
mod resource_policy;
mod stack;
mod stateful;
mod stateless;
mod table_scaling;
mod yaml;

pub(crate) use bootstrap::{BOOTSTRAP_VERSION, BOOTSTRAP_VERSION_OUTPUT, Bootstrap, bootstrap};
pub(crate) use intrinsics::resolved;
pub(crate) use parameters::DeployedParameters;
pub(crate) use permissions::{Apps, LARGEST_MANAGED_POLICY, Task, policy};
pub(crate) use pipeline::{FUNCTION_BUILDSPEC, pipeline};
pub(crate) use pipeline_stages::CHANGE_SET;
pub(crate) use provenance::VERSION;
pub(crate) use stack::RenderedStack;
pub(crate) use stateful::{HOLDS_DATA, TABLE_KEY, stateful};
pub(crate) use stateless::{Handler, Surroundings, stateless};
pub(crate) use table_scaling::{THROUGHPUT, table_billing};
pub(crate) use yaml::Error;
