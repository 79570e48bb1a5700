//! What a deploy is to bring about.

use crate::aws::cloudformation::{Mode, Stack};
use crate::aws::s3::Bucket;
use crate::aws::{self, Cause};
use crate::template::{self, HANDLER_BUCKET, Handler, SETS_LOGGING_ROLE};

use super::standing::Standing;
use super::{Cloud, Error, Event, Reporter, asset};

/// The function's deployment package.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Artifact {
    pub(crate) zip: &'static [u8],
    pub(crate) sha256: &'static str,
    pub(crate) architecture: &'static str,
}

/// A stage as it is to be, and how to get there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Desired<'a> {
    pub(crate) stage: &'a template::Stage,
    pub(crate) artifact: Artifact,
    /// How CloudFormation goes about it.
    pub(crate) mode: Mode,
    /// Whether a stage that a newer umb deployed is taken back to this one's.
    pub(crate) allows_downgrade: bool,
}

/// A stage's templates, finished.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) stateful: template::Stack,
    pub(super) stateless: template::Stack,
    /// Where the artifact is, or is to be.
    pub(super) bucket: Bucket,
    /// What they were finished for.
    stage: template::Stage,
    /// Whether the account gets from them the role that API Gateway logs with.
    sets_logging_role: bool,
}

impl Desired<'_> {
    /// How CloudFormation goes about Stateful and Stateless. Nothing is express where data is.
    pub(super) fn modes(&self) -> [Mode; 2] {
        match self.mode {
            Mode::Express => [Mode::Standard, Mode::Express],
            mode => [mode; 2],
        }
    }

    /// The stage's templates, as the account can carry them.
    pub(super) async fn stacks(
        &self,
        cloud: &Cloud,
        standing: &Standing,
        reporter: &dyn Reporter,
    ) -> Result<Wanted, Error> {
        let stage = self.affordable(cloud, standing, reporter).await?;
        let used = standing
            .stateless
            .as_ref()
            .and_then(|stack| stack.parameters.get(HANDLER_BUCKET));
        let bucket = asset::locate(cloud, &stage.app, used.map(String::as_str)).await?;
        let stateless = standing.stateless.as_ref();
        let sets_logging_role = lacks_logging_role(cloud, stateless, reporter).await?;
        self.in_bucket(stage, bucket, sets_logging_role)
    }

    /// The templates, with the artifact in `bucket`.
    fn in_bucket(
        &self,
        stage: template::Stage,
        bucket: Bucket,
        sets_logging_role: bool,
    ) -> Result<Wanted, Error> {
        let handler = Handler {
            bucket: bucket.name.clone(),
            key: template::handler_key(self.artifact.sha256),
            architecture: self.artifact.architecture.to_owned(),
        };
        Ok(Wanted {
            stateful: template::stateful(&stage)?,
            stateless: template::stateless(&stage, &handler, sets_logging_role)?,
            stage,
            bucket,
            sets_logging_role,
        })
    }

    /// The same in the bucket whose name all accounts share, where S3 has no other.
    pub(super) fn in_global_bucket(&self, cloud: &Cloud, wanted: &Wanted) -> Result<Wanted, Error> {
        let [_, global] = cloud.asset_buckets(&self.stage.app);
        self.in_bucket(wanted.stage.clone(), global, wanted.sets_logging_role)
    }

    /// The stage without a reservation that the account's quota cannot carry.
    async fn affordable(
        &self,
        cloud: &Cloud,
        standing: &Standing,
        reporter: &dyn Reporter,
    ) -> Result<template::Stage, Error> {
        let Some(wanted) = self.stage.reserved_concurrency else {
            return Ok(self.stage.clone());
        };
        let held = standing
            .stateless
            .as_ref()
            .and_then(|stack| stack.parameters.get("ReservedConcurrency")?.parse().ok())
            .unwrap_or(0);
        if held == wanted {
            return Ok(self.stage.clone());
        }
        let concurrency = match aws::lambda::concurrency(&cloud.session).await {
            Err(error) if error.cause() == Cause::Denied => {
                reporter.report(Event::Warning {
                    text: format!(
                        "whether the account can reserve concurrency is not known: {error}"
                    ),
                });
                return Ok(self.stage.clone());
            }
            concurrency => concurrency?,
        };
        if concurrency.carries(wanted, held) {
            return Ok(self.stage.clone());
        }
        reporter.report(Event::Warning {
            text: format!(
                "reserved concurrency {wanted} is left out: the account's quota of {} concurrent \
                 executions has {} unreserved, too few to set any aside",
                concurrency.quota, concurrency.unreserved
            ),
        });
        Ok(template::Stage {
            reserved_concurrency: None,
            ..self.stage.clone()
        })
    }
}

/// Whether a stack is to set the account's role for API Gateway's logs. One that was asked before stays
/// with its answer: it may be the one that set it.
pub(super) async fn lacks_logging_role(
    cloud: &Cloud,
    existing: Option<&Stack>,
    reporter: &dyn Reporter,
) -> Result<bool, Error> {
    if let Some(sets) = existing.and_then(|stack| stack.parameters.get(SETS_LOGGING_ROLE)) {
        return Ok(sets == "true");
    }
    match aws::apigateway::has_logging_role(&cloud.session).await {
        Err(error) if error.cause() == Cause::Denied => {
            reporter.report(Event::Warning {
                text: format!("whether API Gateway may write logs is not known: {error}"),
            });
            Ok(false)
        }
        has => Ok(!has?),
    }
}
