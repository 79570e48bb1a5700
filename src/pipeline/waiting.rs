//! What waits for a person: an approval, or something broader that a commit may not do by itself.

use serde::Serialize;

use crate::aws::codepipeline::{ActionExecution, Approval};
use crate::aws::s3::Bucket;
use crate::model::{App, names};
use crate::stage::Plan;

use super::approvals;
use super::error::Error;
use super::execution::PipelineRuns;
use super::proposal::Proposal;
use super::state::{Execution, Status};

/// An approval that waits, with everything that a person should know.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Waiting {
    /// The stage of the pipeline.
    pub(crate) stage: String,
    pub(crate) execution: Option<Execution>,
    /// What would be done; `None` if the pipeline's umb planned nothing.
    pub(crate) plan: Option<Plan>,
    #[serde(skip)]
    pub(crate) approval: Approval,
}

/// A commit that failed because something would become broader that nobody has allowed.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Refused {
    /// The stage of the pipeline that failed.
    pub(crate) stage: String,
    pub(crate) execution: Execution,
    /// What its build said at the end.
    pub(crate) lines: Vec<String>,
}

impl PipelineRuns<'_> {
    /// Returns the approval that waits in `stage`, else in the only stage that has one, with its plan.
    ///
    /// # Errors
    /// When none waits, or more than one.
    pub(crate) async fn waiting(&self, stage: Option<&str>) -> Result<Waiting, Error> {
        let approval = self.approval(stage).await?;
        let (mut execution, mut plan) = (None, None);
        if let Some(id) = &approval.execution {
            let actions = self.service.actions(id).await?;
            execution = self.described(id, &actions).await?;
            let proposal = self.proposal(&approval.stage, &actions).await?;
            plan = proposal.map(|proposal| proposal.plan);
        }
        Ok(Waiting {
            stage: approval.stage.clone(),
            execution,
            plan,
            approval,
        })
    }

    /// Returns the newest execution, if it failed in a build that named `digest` as what nobody has allowed.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) async fn refused(&self, digest: &str) -> Result<Refused, Error> {
        let nothing = || Error::NothingRefused {
            pipeline: self.name.clone(),
            digest: digest.to_owned(),
        };
        let newest = self.latest().await?.ok_or_else(nothing)?;
        let actions = self.service.actions(&newest.id).await?;
        let execution = self.described(&newest.id, &actions).await?;
        let execution = execution.ok_or_else(nothing)?;
        // Only the umb that a person deployed the pipeline with speaks there: code of a commit could say anything.
        let refuses = |action: &&ActionExecution| {
            [names::UPDATE_ACTION, names::PLAN_ACTION].contains(&action.action.as_str())
                && Status::parse(&action.status) == Status::Failed
        };
        for action in actions.iter().rev().filter(refuses) {
            let lines = self.last_lines(action).await?;
            if lines.iter().any(|line| line.contains(digest)) {
                return Ok(Refused {
                    stage: action.stage.clone(),
                    execution,
                    lines,
                });
            }
        }
        Err(nothing())
    }

    /// Allows a refused execution exactly what has this digest, and runs what was refused again. Returns the
    /// execution's ID.
    pub(crate) async fn allow(
        &self,
        app: &App,
        refused: &Refused,
        digest: &str,
    ) -> Result<String, Error> {
        approvals::approve_broader(self.env, app, &refused.execution.id, digest).await?;
        self.retry(Some(&refused.stage)).await
    }

    /// Returns an execution with what its source knows about the commit.
    async fn described(
        &self,
        id: &str,
        actions: &[ActionExecution],
    ) -> Result<Option<Execution>, Error> {
        let mut execution = self.service.execution(id).await?.map(Execution::from);
        let source = actions.iter().find(|action| !action.variables.is_empty());
        if let (Some(execution), Some(source)) = (&mut execution, source) {
            execution.add_commit(&source.variables);
        }
        Ok(execution)
    }

    /// Returns what an execution's Plan has proposed in a stage.
    async fn proposal(
        &self,
        stage: &str,
        actions: &[ActionExecution],
    ) -> Result<Option<Proposal>, Error> {
        let mut plans = actions.iter().rev().filter(|action| {
            action.stage == stage
                && action.action == names::PLAN_ACTION
                && Status::parse(&action.status) == Status::Succeeded
        });
        let Some((bucket, key)) = plans.next().and_then(|plan| plan.artifacts.first()) else {
            return Ok(None);
        };
        let owner = self.env.account().clone();
        let bucket = Bucket::new(self.env.session(), bucket.clone(), owner);
        let artifact = bucket.get(key).await?;
        artifact
            .map(|artifact| Proposal::from_artifact(&artifact))
            .transpose()
    }
}
