//! The pipeline's executions: how they stand, followed, started, answered, repeated, taken back and stopped.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

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
/// How long one that has just been started may take until it is seen.
const APPEARING: Duration = Duration::from_secs(3);
/// How long an execution may take to begin.
const BEGINNING: Duration = Duration::from_secs(30);

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
    /// Whether a newer one took its place while it was followed.
    was_overtaken: bool,
}

/// An approval that waits for a person.
#[derive(Debug, Clone)]
pub(crate) struct Approval {
    pub(crate) stage: String,
    action: String,
    token: String,
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
            if !ended.was_overtaken {
                return Ok(ended);
            }
            // One that changes the pipeline is ended a moment before the changed one begins.
            match self.next(Some(&id)).await? {
                Some(newer) => id = newer,
                None => return Ok(ended),
            }
        }
    }

    async fn follow(&self, id: &str, tell: &mut impl FnMut(Event)) -> Result<Ended, Error> {
        let mut told = BTreeMap::<String, Status>::new();
        let asked = Instant::now();
        let (mut is_announced, mut was_seen_moving) = (false, false);
        wait::until(Pace::PIPELINE, async || {
            let now = match self.service.execution(id).await {
                Err(error) if error.cause().is_transient() => return Ok(Look::BackOff),
                now => now?,
            };
            let Some(now) = now else {
                if asked.elapsed() < APPEARING {
                    return Ok(Look::Wait);
                }
                return Err(Error::NoExecution {
                    pipeline: self.name.clone(),
                    id: id.to_owned(),
                });
            };
            let actions = match self.service.actions(id).await {
                Err(error) if error.cause().is_transient() => return Ok(Look::BackOff),
                actions => actions?,
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
                    // That it cannot be read must not hide what failed.
                    if let Ok(Some(log)) = self.tail(action).await {
                        tell(log);
                    }
                }
            }
            if now.status.is_moving() {
                was_seen_moving = true;
                return Ok(Look::Wait);
            }
            let is_overtaken = matches!(now.status, Status::Superseded | Status::Cancelled);
            Ok(Look::Done(Ended {
                execution: now,
                failed: failure(&actions),
                was_overtaken: is_overtaken && was_seen_moving,
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
            let actions = match self.service.actions(execution).await {
                Err(error) if error.cause().is_transient() => return Ok(Look::BackOff),
                actions => actions?,
            };
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

/// What failed first of an execution, and was not well when it was tried again.
fn failure(actions: &[ActionExecution]) -> Option<Failed> {
    let place = |action: &ActionExecution| (action.stage.clone(), action.action.clone());
    let mut newest = BTreeMap::new();
    // The oldest come first.
    for action in actions {
        newest.insert(place(action), action.id.as_str());
    }
    let is_last_try = |action: &&ActionExecution| newest[&place(action)] == action.id;
    let failed = actions.iter().filter(is_last_try);
    let mut failed = failed.filter(|action| Status::of(&action.status) == Status::Failed);
    failed.next().map(|action| Failed {
        stage: action.stage.clone(),
        action: action.action.clone(),
        stack: action.configuration.get("StackName").cloned(),
    })
}
