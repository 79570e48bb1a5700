//! What a deploy is to bring about.

use crate::aws::cloudformation::Mode;
use crate::aws::{self, Cause};
use crate::template::{self, Handler};

use super::standing::Standing;
use super::{Cloud, Error, Event, Reporter};

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
        let handler = Handler {
            bucket: cloud.asset_bucket(&stage.app).name,
            key: template::handler_key(self.artifact.sha256),
            architecture: self.artifact.architecture.to_owned(),
        };
        Ok(Wanted {
            stateful: template::stateful(&stage)?,
            stateless: template::stateless(&stage, &handler)?,
        })
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
