//! The pipeline's executions: how they stand, started, answered, repeated, taken back and stopped.

use std::time::Duration;

use tokio::time::Instant;

use crate::aws::codepipeline::{self, StageState};
use crate::deploy::Cloud;
use crate::template;
use crate::wait::{self, Pace};

use super::Error;
use super::state::{Execution, PipelineStatus, Stage, Status};

/// The stage into which nothing goes any more when everything is to be destroyed.
const FIRST_CLOSED: &str = "Build";
/// What is said of it there.
const HALTED: &str = "umb destroy";
/// How many executions are looked at for one that goes on.
const RECENT: i32 = 20;
/// How long an execution may take to begin.
const BEGINNING: Duration = Duration::from_secs(30);

/// An approval that waits for a person.
#[derive(Debug, Clone)]
pub(crate) struct Approval {
    pub(crate) stage: String,
    action: String,
    token: String,
}

/// The app's pipeline, in an account and region.
pub(crate) struct Pipeline<'a> {
    pub(super) cloud: &'a Cloud,
    pub(super) name: String,
    pub(super) service: codepipeline::Pipeline,
}

impl<'a> Pipeline<'a> {
    pub(crate) fn of(cloud: &'a Cloud, app: &str) -> Self {
        let name = template::pipeline_name(app);
        Self {
            cloud,
            service: codepipeline::Pipeline::new(cloud.session(), name.clone()),
            name,
        }
    }

    /// How it stands.
    ///
    /// # Errors
    /// Also when there is none.
    pub(crate) async fn status(&self) -> Result<PipelineStatus, Error> {
        let stages = self.stages().await?;
        let newest = self.service.executions(1).await?.into_iter().next();
        Ok(PipelineStatus {
            pipeline: self.name.clone(),
            account: self.cloud.account().to_owned(),
            region: self.cloud.region().to_owned(),
            execution: newest.map(Execution::from),
            stages: stages.into_iter().map(Stage::from).collect(),
        })
    }

    /// Starts an execution; answers its id.
    pub(crate) async fn run(&self) -> Result<String, Error> {
        self.stages().await?;
        Ok(self.service.start().await?)
    }

    /// The id of the execution that was started last.
    ///
    /// # Errors
    /// Also when there was none.
    pub(crate) async fn newest(&self) -> Result<String, Error> {
        let latest = self.latest().await?;
        Ok(latest.ok_or_else(|| self.nothing_to("watch"))?.id)
    }

    /// The execution that was started last; none where there is none, or no pipeline yet.
    pub(crate) async fn latest(&self) -> Result<Option<Execution>, Error> {
        if self.service.stages().await?.is_none() {
            return Ok(None);
        }
        let newest = self.service.executions(1).await?.into_iter().next();
        Ok(newest.map(Execution::from))
    }

    /// The id of the first execution that is another one than `before`; none where none begins within a while.
    pub(crate) async fn next(&self, before: Option<&str>) -> Result<Option<String>, Error> {
        let asked = Instant::now();
        wait::until(Pace::PIPELINE, async || {
            let newest = self.service.executions(1).await?.into_iter().next();
            let next = newest
                .map(|newest| newest.id)
                .filter(|id| Some(id.as_str()) != before);
            let is_over = next.is_some() || asked.elapsed() > BEGINNING;
            Ok::<_, Error>(is_over.then_some(next))
        })
        .await
    }

    /// The approval that waits in `stage`, else in the only stage where one does.
    ///
    /// # Errors
    /// When none waits, or more than one.
    pub(crate) async fn waiting(&self, stage: Option<&str>) -> Result<Approval, Error> {
        let stages = self.stages().await?.into_iter().map(Stage::from);
        let mut waiting: Vec<_> = stages
            .filter(|one| stage.is_none_or(|wanted| one.is_called(wanted)))
            .filter_map(|one| {
                let action = one.actions.iter().find(|action| action.waits())?;
                Some(Approval {
                    stage: one.name.clone(),
                    action: action.name.clone(),
                    token: action.token.clone()?,
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

    /// Answers an approval, which is that of the execution that it was asked for, and no other.
    pub(crate) async fn answer(
        &self,
        approval: &Approval,
        approves: bool,
        summary: &str,
    ) -> Result<(), Error> {
        let Approval {
            stage,
            action,
            token,
        } = approval;
        Ok(self
            .service
            .approve(stage, action, token, approves, summary)
            .await?)
    }

    /// Runs a stage again that failed, `stage` or the one where the newest execution did; answers the id of the
    /// execution. A stage that deploys is run as a whole: a change set can be executed only once.
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
                let deploys = template::is_deploying_stage(&name);
                Ok(self.service.retry(&name, &execution, deploys).await?)
            }
            _ => Err(self.nothing_to("retry")),
        }
    }

    /// Takes a stage of the app's back to what the execution `to` deployed there, else to what was there before
    /// the newest success; answers the id of the execution that does.
    ///
    /// # Errors
    /// When there is no such stage, or nothing to go back to.
    pub(crate) async fn roll_back(&self, stage: &str, to: Option<&str>) -> Result<String, Error> {
        let [_, stateless] = template::pipeline_stages(stage);
        let wanted = [stage.to_owned(), stateless];
        let stages = self.stages().await?;
        let found = stages.iter().find(|one| wanted.contains(&one.name));
        let Some(found) = found else {
            return Err(Error::NoStage {
                stage: stage.to_owned(),
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

    /// The execution that succeeded in a stage before what is there now. Where that was a rollback already, it is the
    /// one before what it went back to.
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
        // What is there now is not among them where it failed.
        let mut older = succeeded
            .into_iter()
            .skip(position.map_or(0, |position| position + 1));
        let target = older
            .next()
            .ok_or_else(|| self.nothing_to("roll back to"))?;
        Ok(target.id)
    }

    /// Stops the execution `id`, else the newest that goes on: after what goes on, or, if it `abandons` that, at
    /// once; answers its id.
    ///
    /// # Errors
    /// When none goes on.
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

    /// Stops what goes on, and lets nothing begin any more; that there is no pipeline is well.
    pub(crate) async fn halt(&self) -> Result<(), Error> {
        let Some(stages) = self.service.stages().await? else {
            return Ok(());
        };
        let is_open = |stage: &StageState| stage.name == FIRST_CLOSED && stage.disabled.is_none();
        if stages.iter().any(is_open) {
            self.service.close(FIRST_CLOSED, HALTED).await?;
        }
        // A commit may start another one meanwhile, which would wait before the closed stage for ever.
        wait::until(Pace::PIPELINE, async || {
            let moving = self.moving().await?;
            for id in &moving {
                self.service.stop(id, true, HALTED).await?;
            }
            Ok(moving.is_empty().then_some(()))
        })
        .await
    }

    /// Lets begin again what a destroy had stopped that was not ended; answers whether one had.
    pub(crate) async fn resume(&self) -> Result<bool, Error> {
        let stages = self.service.stages().await?.unwrap_or_default();
        let is_halted = |stage: &StageState| stage.disabled.as_deref() == Some(HALTED);
        let halted = stages.iter().find(|stage| is_halted(stage));
        if let Some(halted) = halted {
            self.service.open(&halted.name).await?;
        }
        Ok(halted.is_some())
    }

    /// The ids of the executions that go on, the newest first.
    async fn moving(&self) -> Result<Vec<String>, Error> {
        let executions = self.service.executions(RECENT).await?;
        Ok(executions
            .into_iter()
            .filter(|execution| Status::of(&execution.status).is_moving())
            .map(|execution| execution.id)
            .collect())
    }

    async fn stages(&self) -> Result<Vec<StageState>, Error> {
        let stages = self.service.stages().await?;
        stages.ok_or_else(|| Error::NoPipeline {
            pipeline: self.name.clone(),
            account: self.cloud.account().to_owned(),
            region: self.cloud.region().to_owned(),
        })
    }

    fn nothing_to(&self, verb: &'static str) -> Error {
        Error::NothingTo {
            pipeline: self.name.clone(),
            verb,
        }
    }
}
