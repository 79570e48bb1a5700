//! The pipeline's executions: their status, and how they are started, approved, retried, rolled back and stopped.

use std::time::Duration;

use tokio::time::Instant;

use crate::aws::AwsEnv;
use crate::aws::codepipeline::{self, Approval, StageState};
use crate::model::{App, StackRef, StageName, names};
use crate::wait::{self, Pace};

use super::error::Error;
use super::state::{Execution, PipelineStatus, Stage, Status};

/// The reason that is given for closing a stage before everything is destroyed.
const HALTED: &str = "umb destroy";
/// Among how many executions a running one is looked for.
const RECENT: i32 = 20;
/// How long an execution may take to start.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// The app's pipeline in an account and region, as CodePipeline runs it.
pub(crate) struct PipelineRuns<'a> {
    pub(super) env: &'a AwsEnv,
    pub(super) name: String,
    pub(super) service: codepipeline::Pipeline,
}

impl<'a> PipelineRuns<'a> {
    pub(crate) fn new(env: &'a AwsEnv, app: &App) -> Self {
        let name = StackRef::pipeline(app).name();
        Self {
            env,
            service: codepipeline::Pipeline::new(env.session(), name.clone()),
            name,
        }
    }

    /// Returns its status.
    ///
    /// # Errors
    /// Also when there is no pipeline.
    pub(crate) async fn status(&self) -> Result<PipelineStatus, Error> {
        let stages = self.stages().await?;
        let newest = self.service.executions(1).await?.into_iter().next();
        let mut stages: Vec<_> = stages.into_iter().map(Stage::from).collect();
        for stage in &mut stages {
            if stage.status == Some(Status::Failed) {
                stage.lacks_target = self.lacks_target(&stage.name).await?;
            }
        }
        Ok(PipelineStatus {
            pipeline: self.name.clone(),
            account: self.env.account().clone(),
            region: self.env.region().clone(),
            execution: newest.map(Execution::from),
            stages,
        })
    }

    /// Whether a stage that can be rolled back has nothing to go back to: no execution has succeeded there since the
    /// pipeline was changed. Source:
    /// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_SucceededInStageFilter.html>.
    pub(super) async fn lacks_target(&self, stage: &str) -> Result<bool, Error> {
        Ok(names::is_stateless_stage(stage) && self.service.succeeded_in(stage).await?.is_empty())
    }

    /// Whether the execution that is in the pipeline's last stage for one of the app's rolls it back.
    pub(crate) async fn is_rolling_back(&self, stage: &StageName) -> Result<bool, Error> {
        let [_, stateless] = names::pipeline_stages(stage);
        let stages = self.stages().await?;
        let found = stages.iter().find(|state| state.name == stateless);
        Ok(found.is_some_and(|state| state.is_rolled_back))
    }

    /// Starts an execution; returns its ID.
    pub(crate) async fn run(&self) -> Result<String, Error> {
        self.stages().await?;
        Ok(self.service.start().await?)
    }

    /// Returns the ID of the newest execution.
    ///
    /// # Errors
    /// Also when there was none.
    pub(crate) async fn newest(&self) -> Result<String, Error> {
        let latest = self.latest().await?;
        Ok(latest.ok_or_else(|| self.nothing_to("watch"))?.id)
    }

    /// Returns the newest execution; `None` if there was none, or if there is no pipeline yet.
    pub(crate) async fn latest(&self) -> Result<Option<Execution>, Error> {
        if self.service.stages().await?.is_none() {
            return Ok(None);
        }
        let newest = self.service.executions(1).await?.into_iter().next();
        Ok(newest.map(Execution::from))
    }

    /// Waits for another execution than `before` and returns its ID; `None` if none starts soon.
    pub(crate) async fn next(&self, before: Option<&str>) -> Result<Option<String>, Error> {
        let asked = Instant::now();
        wait::until(Pace::PIPELINE, async || {
            let newest = self.service.executions(1).await?.into_iter().next();
            let next = newest
                .map(|newest| newest.id)
                .filter(|id| Some(id.as_str()) != before);
            let is_over = next.is_some() || asked.elapsed() > START_TIMEOUT;
            Ok::<_, Error>(is_over.then_some(next))
        })
        .await
    }

    /// Returns the approval that waits in `stage`, else in the only stage that has one.
    ///
    /// # Errors
    /// When none waits, or more than one.
    pub(super) async fn approval(&self, stage: Option<&str>) -> Result<Approval, Error> {
        let stages = self.stages().await?.into_iter().map(Stage::from);
        let mut waiting: Vec<_> = stages
            .filter(|one| stage.is_none_or(|wanted| one.is_called(wanted)))
            .filter_map(|one| {
                let action = one.actions.iter().find(|action| action.waits())?;
                Some(Approval {
                    stage: one.name.clone(),
                    action: action.name.clone(),
                    token: action.token.clone()?,
                    execution: one.execution.clone(),
                })
            })
            .collect();
        match waiting.len() {
            0 => Err(self.nothing_to("approve")),
            1 => Ok(waiting.remove(0)),
            _ => Err(Error::SeveralWait {
                stages: waiting.into_iter().map(|approval| approval.stage).collect(),
            }),
        }
    }

    /// Approves or rejects. The approval's token makes sure that this is the execution that was shown.
    pub(crate) async fn answer(
        &self,
        approval: &Approval,
        approves: bool,
        summary: &str,
    ) -> Result<(), Error> {
        Ok(self.service.approve(approval, approves, summary).await?)
    }

    /// Retries the failed stage `stage`, else the one where the newest execution failed; returns the execution's ID. A stage
    /// that deploys is retried as a whole, because a change set can be executed only once.
    ///
    /// # Errors
    /// When nothing failed there.
    pub(crate) async fn retry(&self, stage: Option<&str>) -> Result<String, Error> {
        let newest = self.latest().await?.map(|newest| newest.id);
        let stages = self.stages().await?.into_iter().map(Stage::from);
        let failed = stages
            .filter(|one| one.status == Some(Status::Failed))
            .find(|one| match stage {
                Some(wanted) => one.is_called(wanted),
                None => one.execution == newest,
            });
        match failed {
            Some(Stage {
                name,
                execution: Some(execution),
                ..
            }) => {
                let deploys = names::is_deploying_stage(&name);
                Ok(self.service.retry(&name, &execution, deploys).await?)
            }
            _ => Err(self.nothing_to("retry")),
        }
    }

    /// Rolls a stage back to what the execution `to` deployed, else to what was there before the newest success; returns
    /// the ID of the execution that does it.
    ///
    /// # Errors
    /// When there is no such stage, or nothing to roll back to.
    pub(crate) async fn roll_back(&self, stage: &str, to: Option<&str>) -> Result<String, Error> {
        let of_app = stage.to_lowercase().parse::<StageName>().ok();
        let stateless = of_app.map(|stage| {
            let [_, stateless] = names::pipeline_stages(&stage);
            stateless
        });
        let wanted = [Some(stage.to_owned()), stateless];
        let mut stages = self.stages().await?;
        // What the others do cannot be taken back: they hold data, or deploy nothing.
        stages.retain(|one| names::is_stateless_stage(&one.name));
        let found = stages
            .iter()
            .find(|one| wanted.iter().flatten().any(|name| *name == one.name));
        let Some(found) = found else {
            return Err(Error::NoStage {
                stage: stage.to_string(),
                known: stages.into_iter().map(|stage| stage.name).collect(),
            });
        };
        let target = if let Some(id) = to {
            id.to_owned()
        } else {
            self.before(&found.name, found.execution.as_ref()).await?
        };
        Ok(self.service.roll_back(&found.name, &target).await?)
    }

    /// Returns the execution that succeeded in a stage before the current one. If the current one was a rollback, that is
    /// the one before its target.
    async fn before(
        &self,
        stage: &str,
        current: Option<&(String, String)>,
    ) -> Result<String, Error> {
        let mut deployed = current.map(|(id, _)| id.clone());
        if let Some(id) = &deployed
            && let Some(execution) = self.service.execution(id).await?
        {
            deployed = execution.rolls_back_to.or(deployed);
        }
        let mut succeeded = self.service.succeeded_in(stage).await?;
        succeeded.retain(|execution| execution.rolls_back_to.is_none());
        let position = succeeded
            .iter()
            .position(|execution| Some(&execution.id) == deployed.as_ref());
        // A current execution that failed is not among them.
        let mut older = succeeded
            .into_iter()
            .skip(position.map_or(0, |position| position + 1));
        let target = older
            .next()
            .ok_or_else(|| self.nothing_to("roll back to"))?;
        Ok(target.id)
    }

    /// Stops the execution `id`, else the newest running one: after its running actions, or, if it `abandons` them, at once.
    /// Returns its ID.
    ///
    /// # Errors
    /// When none is running.
    pub(crate) async fn stop(&self, id: Option<&str>, abandons: bool) -> Result<String, Error> {
        self.stages().await?;
        let id = match id {
            Some(id) => id.to_owned(),
            None => self
                .moving()
                .await?
                .into_iter()
                .next()
                .ok_or_else(|| self.nothing_to("stop"))?,
        };
        if self
            .service
            .stop(&id, abandons, "umb pipeline stop")
            .await?
        {
            Ok(id)
        } else {
            Err(Error::HasEnded { id })
        }
    }

    /// Stops all running executions and lets no other one in. Does nothing if there is no pipeline.
    pub(crate) async fn halt(&self) -> Result<(), Error> {
        let Some(stages) = self.service.stages().await? else {
            return Ok(());
        };
        // The one after Source, which itself cannot be closed.
        if let Some(stage) = stages.get(1).filter(|stage| stage.disabled.is_none()) {
            self.service.close(&stage.name, HALTED).await?;
        }
        // A commit may start another one meanwhile, which would wait for the closed stage forever.
        wait::until(Pace::PIPELINE, async || {
            let moving = self.moving().await?;
            for id in &moving {
                self.service.stop(id, true, HALTED).await?;
            }
            Ok(moving.is_empty().then_some(()))
        })
        .await
    }

    /// Lets executions in again after a destroy that was not finished; returns whether there was one.
    pub(crate) async fn resume(&self) -> Result<bool, Error> {
        let stages = self.service.stages().await?.unwrap_or_default();
        let is_halted = |stage: &StageState| stage.disabled.as_deref() == Some(HALTED);
        let halted = stages.iter().find(|stage| is_halted(stage));
        if let Some(halted) = halted {
            self.service.open(&halted.name).await?;
        }
        Ok(halted.is_some())
    }

    /// Returns the IDs of running executions, the newest first.
    async fn moving(&self) -> Result<Vec<String>, Error> {
        let executions = self.service.executions(RECENT).await?;
        Ok(executions
            .into_iter()
            .filter(|execution| Status::parse(&execution.status).is_moving())
            .map(|execution| execution.id)
            .collect())
    }

    async fn stages(&self) -> Result<Vec<StageState>, Error> {
        let stages = self.service.stages().await?;
        stages.ok_or_else(|| Error::NoPipeline {
            pipeline: self.name.clone(),
            account: self.env.account().clone(),
            region: self.env.region().clone(),
        })
    }

    fn nothing_to(&self, verb: &'static str) -> Error {
        Error::NothingTo {
            pipeline: self.name.clone(),
            verb,
        }
    }
}
