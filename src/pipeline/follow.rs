//! An execution while it goes on: what happens in it, what its builds say, and what failed.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::aws::codepipeline::ActionExecution;
use crate::aws::logs;
use crate::wait::{self, Look, Pace};

use super::state::{Event, Execution, Status};
use super::{Error, Pipeline};

/// How many of a failed build's last lines are shown.
const TAIL: i32 = 40;
/// How long one that has just been started may take until it is seen.
const APPEARING: Duration = Duration::from_secs(3);

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

impl Pipeline<'_> {
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
