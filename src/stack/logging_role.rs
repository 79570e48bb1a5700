//! The role that API Gateway logs with: one for all APIs of an account and region.

use crate::aws::cloudformation::Mode;
use crate::aws::{self, AwsEnv, Cause};
use crate::model::StageName;

use super::deployed::DeployedStack;
use super::error::Error;
use super::event::{Event, Reporter};
use super::plan::StackPlan;

/// The resources by which a stack names a role.
const RESOURCES: [&str; 2] = ["APIGatewayAccount", "APIGatewayLogsRole"];

/// What a stack does about the role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LoggingRole {
    /// Whether the stack names a role of its own.
    pub(crate) is_set: bool,
    /// The ARN of the role that is named so far, where it was deleted.
    deleted: Option<String>,
    /// Whether that was the stack's own.
    is_own: bool,
}

impl LoggingRole {
    fn new(is_set: bool) -> Self {
        Self {
            is_set,
            deleted: None,
            is_own: false,
        }
    }

    /// Decides what a stack does about the role. A stack that has set it keeps doing so. Any other stack sets it if the
    /// account names no role, or one that was deleted: API Gateway then drops the logs of all APIs without a word.
    pub(crate) async fn decide(
        env: &AwsEnv,
        existing: Option<&DeployedStack>,
        reporter: &dyn Reporter,
    ) -> Result<Self, Error> {
        let sets = existing.and_then(|stack| stack.parameters.sets_logging_role);
        let found = match NamedRole::look(env).await {
            Err(error) if error.cause() == Cause::Denied => {
                if sets.is_none() {
                    let text = format!("cannot check whether API Gateway may write logs: {error}");
                    reporter.report(Event::Warning { text });
                }
                return Ok(Self::new(sets.unwrap_or(false)));
            }
            found => found?,
        };
        Ok(match (found, sets) {
            (NamedRole::Deleted(arn), Some(true)) => Self {
                is_set: true,
                deleted: Some(arn),
                is_own: true,
            },
            (NamedRole::Deleted(arn), _) => Self {
                is_set: true,
                deleted: Some(arn),
                is_own: false,
            },
            (_, Some(sets)) => Self::new(sets),
            (NamedRole::Nothing, None) => Self::new(true),
            (NamedRole::Role, None) => Self::new(false),
        })
    }

    /// Says what brings a role back that the stage's own stack has named. CloudFormation believes that it is there, and
    /// only creates it again where it looks closer.
    pub(crate) fn report(&self, stage: &StageName, mode: Mode, reporter: &dyn Reporter) {
        if let (Some(arn), true) = (&self.deleted, self.is_own && mode != Mode::RevertDrift) {
            let text = format!(
                "API Gateway logs nothing: its role {arn} was deleted; `umb deploy {stage} --revert-drift` creates it again"
            );
            reporter.report(Event::Warning { text });
        }
    }

    /// How a stack must be updated to bring its own role back.
    pub(crate) fn mode(&self) -> Mode {
        match (&self.deleted, self.is_own) {
            (Some(_), true) => Mode::RevertDrift,
            _ => Mode::Standard,
        }
    }

    /// Demands that a person agrees to a plan by which a deleted role is replaced: it is that of all APIs.
    pub(crate) fn ask_for(&self, plan: &mut StackPlan) {
        let Some(arn) = &self.deleted else {
            return;
        };
        for resource in &mut plan.resources {
            if RESOURCES.contains(&resource.logical_id.as_str()) {
                resource.needs_consent = true;
                resource.impact = format!(
                    "all APIs of the account in this region log with a new role, instead of {arn}, which was deleted"
                );
            }
        }
    }
}

/// The role that an account names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NamedRole {
    Nothing,
    /// A role that exists, or that the caller is not allowed to look up.
    Role,
    /// The ARN of a role that no longer exists.
    Deleted(String),
}

impl NamedRole {
    /// Asks API Gateway and IAM.
    pub(crate) async fn look(env: &AwsEnv) -> Result<Self, aws::Error> {
        let Some(arn) = aws::apigateway::logging_role(env.session()).await? else {
            return Ok(Self::Nothing);
        };
        let name = arn.rsplit('/').next().unwrap_or_default();
        match aws::iam::has_role(env.session(), name).await {
            Ok(false) => Ok(Self::Deleted(arn)),
            // Without permission to look it up, it counts as existing.
            Err(error) if error.cause() == Cause::Denied => Ok(Self::Role),
            found => found.map(|_| Self::Role),
        }
    }
}
