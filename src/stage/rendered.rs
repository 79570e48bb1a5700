//! A stage's stacks, rendered for the account that they go to.

use crate::aws::s3::Bucket;
use crate::aws::{self, AwsEnv, Cause};
use crate::model::{StageSpec, names};
use crate::stack::asset_bucket::AssetBuckets;
use crate::stack::{Event, LoggingRole, Reporter};
use crate::template::{self, Handler, RenderedStack, Surroundings};

use super::error::Error;
use super::kept::as_deployed;
use super::request::DeployRequest;
use super::state::StageState;

/// A stage's stacks, rendered.
#[derive(Debug, Clone)]
pub(super) struct RenderedStacks {
    pub(super) stateful: RenderedStack,
    pub(super) stateless: RenderedStack,
    /// Where the function's package is, or will be.
    pub(super) bucket: Bucket,
    handler_key: String,
    /// What they were rendered from.
    stage: StageSpec,
    surroundings: Surroundings,
    pub(super) logging_role: LoggingRole,
}

impl RenderedStacks {
    /// The function's package in the bucket.
    pub(super) fn handler_key(&self) -> &str {
        &self.handler_key
    }
}

impl DeployRequest<'_> {
    /// Renders the stage's stacks as the account can run them.
    pub(super) async fn render(
        &self,
        env: &AwsEnv,
        state: &StageState,
        reporter: &dyn Reporter,
    ) -> Result<RenderedStacks, Error> {
        let stage = as_deployed(env, self.stage, state, reporter).await?;
        let stage = affordable(env, stage, state, reporter).await?;
        let stateless = state.stateless.as_ref();
        let used = stateless.and_then(|stack| stack.parameters.handler_bucket.as_deref());
        let bucket = AssetBuckets::new(env, &stage.app).locate(used).await?;
        let logging_role = LoggingRole::decide(env, stateless, reporter).await?;
        logging_role.report(&stage.name, self.mode, reporter);
        let surroundings = Surroundings {
            sets_logging_role: logging_role.is_set,
            has_metric_math: env.session().endpoint().is_none(),
        };
        self.with_bucket(stage, bucket, surroundings, logging_role)
    }

    /// Renders the same stacks with the bucket in the namespace that all accounts share, for regions that have no other.
    pub(super) fn with_global_bucket(
        &self,
        env: &AwsEnv,
        rendered: &RenderedStacks,
    ) -> Result<RenderedStacks, Error> {
        let bucket = AssetBuckets::new(env, &self.stage.app).global;
        self.with_bucket(
            rendered.stage.clone(),
            bucket,
            rendered.surroundings,
            rendered.logging_role.clone(),
        )
    }

    fn with_bucket(
        &self,
        stage: StageSpec,
        bucket: Bucket,
        surroundings: Surroundings,
        logging_role: LoggingRole,
    ) -> Result<RenderedStacks, Error> {
        let handler_key = names::handler_key(&self.artifact.sha256);
        let handler = Handler {
            bucket: bucket.name.clone(),
            key: handler_key.clone(),
            architecture: self.artifact.architecture.to_owned(),
        };
        Ok(RenderedStacks {
            stateful: template::stateful(&stage)?,
            stateless: template::stateless(&stage, &handler, surroundings)?,
            stage,
            bucket,
            handler_key,
            surroundings,
            logging_role,
        })
    }
}

/// Returns the stage without a reservation that the account's quota does not allow.
async fn affordable(
    env: &AwsEnv,
    stage: StageSpec,
    state: &StageState,
    reporter: &dyn Reporter,
) -> Result<StageSpec, Error> {
    let Some(wanted) = stage.reservation() else {
        return Ok(stage);
    };
    let held = state
        .stateless
        .as_ref()
        .map_or(0, |stack| stack.parameters.reserved_concurrency);
    if held == wanted {
        return Ok(stage);
    }
    let concurrency = match aws::lambda::concurrency(env.session()).await {
        Err(error) if error.cause() == Cause::Denied => {
            reporter.report(Event::Warning {
                text: format!("cannot check whether the account can reserve concurrency: {error}"),
            });
            return Ok(stage);
        }
        concurrency => concurrency?,
    };
    if concurrency.allows(wanted, held) {
        return Ok(stage);
    }
    reporter.report(Event::Warning {
        text: format!(
            "skipping the reserved concurrency of {wanted}: the account's quota of {} concurrent executions has \
             {} unreserved, too few to reserve any",
            concurrency.quota, concurrency.unreserved
        ),
    });
    Ok(StageSpec {
        reserved_concurrency: Some(0),
        ..stage
    })
}
