//! AWS, a file per service: the only place that names its SDK.
//!
//! Each file answers in types of its own, so that the engine and its tests need no SDK type. What
//! is transient is retried here, by the SDK; what is not becomes an [`Error`] with a [`Cause`].

pub(crate) mod apigateway;
pub(crate) mod cloudformation;
pub(crate) mod codeconnections;
pub(crate) mod codepipeline;
pub(crate) mod dynamodb;
mod error;
pub(crate) mod lambda;
pub(crate) mod logs;
pub(crate) mod s3;
mod session;
pub(crate) mod sts;

pub(crate) use error::{Cause, Error};
pub(crate) use session::{Profile, Session};
