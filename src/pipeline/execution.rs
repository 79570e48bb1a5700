//! The pipeline's executions: how they stand, followed, started, answered, repeated, taken back and stopped.

use std::collections::BTreeMap;

use crate::aws::codepipeline::{self, ActionExecution, StageState};
use crate::aws::logs;
use crate::deploy::Cloud;
use crate::template;
use crate::wait::{self, Look, Pace};

use super::Error;
use super::state::{Event, Execution, PipelineStatus, Stage, Status};

/// The stage into which nothing goes any more when everything is to be destroyed.
const FIRST_CLOSED: &str = "Build";
/// What is said of it there.
const HALTED: &str = "umb destroy";
/// How many of a failed build's last lines are shown.
const TAIL: i32 = 40;
/// How many executions are looked at for one that goes on.
const RECENT: i32 = 20;

/// Something of a pipeline that failed.
#[derive(Debug, Clone)]
pub(crate) struct Failed {
    pub(crate) stage: String,
    pub(crate) action: String,
    /// The stack that CloudFormation was to change.
    pub(crate) stack: Option<String>,
}

/// An execution that has ended, with the action that failed first in it.
#[derive(Debug, Clone)]
pub(crate) struct Ended {
    pub(crate) execution: Execution,
    pub(crate) failed: Option<Failed>,
}

/// The app's pipeline, in an account and region.
pub(crate) struct Pipeline<'a> {
    cloud: &'a Cloud,
    name: String,
    service: codepipeline::Pipeline,
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
        self.stages().await?;
        let newest = self.service.executions(1).await?.into_iter().next();
        newest
            .map(|execution| execution.id)
            .ok_or_else(|| self.nothing_to("watch"))
    }

    /// The id of the first execution that is another one than `before`, as soon as there is one.
    pub(crate) async fn next(&self, before: Option<&str>) -> Result<String, Error> {
        wait::until(Pace::PIPELINE, async || {
            let newest = self.service.executions(1).await?.into_iter().next();
            Ok::<_, Error>(
                newest
                    .map(|newest| newest.id)
                    .filter(|id| Some(id.as_str()) != before),
            )
        })
        .await
    }

    /// Follows an execution to its end, and a newer one where that overtakes it; `tell` is told what happens.
    ///
    /// # Errors
    /// Also when there is no such execution.
    pub(crate) async fn watch(
        &self,
        id: &str,
        mut tell: impl FnMut(Event),
    ) -> Result<Ended, Error> {
        let mut id = id.to_owned();
        loop {
            let ended = self.follow(&id, &mut tell).await?;
            let is_overtaken = matches!(
                ended.execution.status,
                Status::Superseded | Status::Cancelled
            );
            let newest = self.service.executions(1).await?.into_iter().next();
            match newest {
                Some(newest) if is_overtaken && newest.id != id => id = newest.id,
                _ => return Ok(ended),
            }
        }
    }

    async fn follow(&self, id: &str, tell: &mut impl FnMut(Event)) -> Result<Ended, Error> {
        let mut told = BTreeMap::<String, Status>::new();
        let mut is_announced = false;
        let mut failed = None;
        wait::until(Pace::PIPELINE, async || {
            let now = match self.service.execution(id).await {
                Err(error) if error.cause().is_transient() => return Ok(Look::BackOff),
                now => now?,
            };
            let actions = match self.service.actions(id).await {
                Err(error) if error.cause().is_transient() => return Ok(Look::BackOff),
                actions => actions?,
            };
            let Some(now) = now else {
                return Err(Error::NoExecution {
                    pipeline: self.name.clone(),
                    id: id.to_owned(),
                });
            };
            let mut now = Execution::from(now);
            let source = actions.iter().find(|action| !action.variables.is_empty());
            if let Some(source) = source {
                now.learn(&source.variables);
            }
            // The commit is known when the source is there.
            if !is_announced && (now.commit.is_some() || !now.status.is_moving()) {
                is_announced = true;
                tell(Event::Execution(now.clone()));
            }
            for action in &actions {
                let status = Status::of(&action.status);
                if told.insert(action.id.clone(), status) == Some(status) {
                    continue;
                }
                tell(Event::of(id, action));
                if status == Status::Failed {
                    if let Some(log) = self.tail(action).await? {
                        tell(log);
                    }
                    failed.get_or_insert_with(|| Failed {
                        stage: action.stage.clone(),
                        action: action.action.clone(),
                        stack: action.configuration.get("StackName").cloned(),
                    });
                }
            }
            if now.status.is_moving() {
                return Ok(Look::Wait);
            }
            Ok(Look::Done(Ended {
                execution: now,
                failed: failed.take(),
            }))
        })
        .await
    }

    /// The last lines of a build that failed.
    async fn tail(&self, action: &ActionExecution) -> Result<Option<Event>, Error> {
        let Some((group, stream)) = self.log(action) else {
            return Ok(None);
        };
        let lines = logs::tail(self.cloud.session(), &group, &stream, TAIL).await?;
        Ok((!lines.is_empty()).then(|| Event::Log {
            stage: action.stage.clone(),
            action: action.action.clone(),
            lines,
        }))
    }

    /// The log group and stream of a build: of `App-Pipeline-Build:UUID`, `/umb/App-Pipeline` and `build/UUID`.
    fn log(&self, action: &ActionExecution) -> Option<(String, String)> {
        let (project, uuid) = action.external_id.as_ref()?.split_once(':')?;
        let project = project.strip_prefix(&self.name)?.strip_prefix('-')?;
        let stream = format!("{}/{uuid}", project.to_lowercase());
        Some((format!("/umb/{}", self.name), stream))
    }

    /// Writes what the build of a stage's action says, from its beginning, and as long as it goes on; of the
    /// first that failed, else of the newest, where none is named.
    ///
    /// # Errors
    /// Also when there is no build to show.
    pub(crate) async fn logs(
        &self,
        execution: &str,
        wanted: Option<&str>,
        mut print: impl FnMut(&str),
    ) -> Result<(), Error> {
        let mut token = None;
        let mut chosen: Option<String> = None;
        wait::until(Pace::PIPELINE, async || {
            let actions = self.service.actions(execution).await?;
            let found = match &chosen {
                Some(id) => actions.iter().find(|action| action.id == *id),
                None => self.choose(&actions, wanted),
            };
            let Some((action, (group, stream))) =
                found.and_then(|action| Some((action, self.log(action)?)))
            else {
                return Err(Error::NoBuild {
                    execution: execution.to_owned(),
                    wanted: wanted.map(str::to_owned),
                });
            };
            chosen = Some(action.id.clone());
            let moves = Status::of(&action.status).is_moving();
            let session = self.cloud.session();
            let (lines, next) = logs::after(session, &group, &stream, token.clone()).await?;
            token = next;
            for line in &lines {
                print(line);
            }
            Ok(if moves { Look::Wait } else { Look::Done(()) })
        })
        .await
    }

    fn choose<'b>(
        &self,
        actions: &'b [ActionExecution],
        wanted: Option<&str>,
    ) -> Option<&'b ActionExecution> {
        let has_log = |action: &&ActionExecution| self.log(action).is_some();
        let mut builds: Vec<_> = actions.iter().filter(has_log).collect();
        if let Some(wanted) = wanted {
            builds.retain(|action| action.action == wanted || action.stage == wanted);
        }
        let failed = builds.iter().find(|action| action.status == "Failed");
        failed.or(builds.last()).copied()
    }

    /// Answers the approval that waits in `stage`, else in the only stage where one does; answers that stage.
    ///
    /// # Errors
    /// When none waits, or more than one.
    pub(crate) async fn approve(
        &self,
        stage: Option<&str>,
        approves: bool,
        summary: &str,
    ) -> Result<String, Error> {
        let stages = self.stages().await?.into_iter().map(Stage::from);
        let mut waiting: Vec<_> = stages
            .filter(|one| stage.is_none_or(|wanted| one.is_called(wanted)))
            .filter_map(|one| {
                let action = one.actions.iter().find(|action| action.waits())?;
                Some((one.name.clone(), action.name.clone(), action.token.clone()?))
            })
            .collect();
        match waiting.len() {
            1 => {}
            0 => return Err(self.nothing_to("approve")),
            _ => {
                return Err(Error::SeveralWait {
                    stages: waiting.into_iter().map(|(stage, ..)| stage).collect(),
                });
            }
        }
        let (stage, action, token) = waiting.remove(0);
        self.service
            .approve(&stage, &action, &token, approves, summary)
            .await?;
        Ok(stage)
    }

    /// Runs what failed of `stage` again, else of the stage where the newest execution failed; answers the id of
    /// the execution.
    ///
    /// # Errors
    /// When nothing failed there.
    pub(crate) async fn retry(&self, stage: Option<&str>) -> Result<String, Error> {
        let stages = self.stages().await?.into_iter().map(Stage::from);
        let failed = stages
            .filter(|one| one.status == Some(Status::Failed))
            .find(|one| stage.is_none_or(|wanted| one.is_called(wanted)));
        match failed {
            Some(Stage {
                name,
                execution: Some(execution),
                ..
            }) => Ok(self.service.retry(&name, &execution).await?),
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
            let current = found.execution.as_ref();
            let succeeded = self.service.succeeded_in(&found.name).await?;
            let target = succeeded
                .into_iter()
                .filter(|execution| execution.rolls_back_to.is_none())
                .find(|execution| current.is_none_or(|(id, _)| *id != execution.id));
            target.ok_or_else(|| self.nothing_to("roll back to"))?.id
        };
        Ok(self.service.roll_back(&found.name, &target).await?)
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
        self.service
            .stop(&id, abandons, "umb pipeline stop")
            .await?;
        Ok(id)
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
        for id in self.moving().await? {
            self.service.stop(&id, true, HALTED).await?;
        }
        wait::until(Pace::PIPELINE, async || {
            let moving = self.moving().await?;
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
