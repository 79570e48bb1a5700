//! AWS, a file or folder for each service. Nothing else uses its SDK.
//!
//! Each file returns types of its own, so that nothing else needs an SDK type. The SDK retries transient
//! failures; the others become an [`Error`] with a [`Cause`].

pub(crate) mod apigateway;
mod busy;
mod cause;
pub(crate) mod cloudformation;
pub(crate) mod cloudwatch;
pub(crate) mod codeconnections;
pub(crate) mod codepipeline;
mod credentials;
pub(crate) mod dynamodb;
mod env;
mod error;
pub(crate) mod iam;
mod instance;
pub(crate) mod lambda;
pub(crate) mod logs;
mod profile;
mod retries;
pub(crate) mod s3;
pub(crate) mod servicequotas;
mod session;
mod shared_config;
pub(crate) mod sns;
pub(crate) mod sts;
mod time;
mod variables;

pub(crate) use cause::Cause;
pub(crate) use env::{AwsEnv, EnvError};
pub(crate) use error::Error;
