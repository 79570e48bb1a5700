//! Follows an execution: what happens in it, what its builds log, and what failed.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::aws::codepipeline::{ActionExecution, FailedRule};
use crate::aws::logs;
use crate::wait::{self, Pace};

use super::error::Error;
use super::execution::PipelineRuns;
use super::state::{Event, Execution, Status};

/// How many of a failed build's last lines are shown.
const TAIL: i32 = 40;
/// How long a new execution may take to become visible.
const APPEAR_TIMEOUT: Duration = Duration::from_secs(3);

/// The action that failed.
#[derive(Debug, Clone)]
pub(crate) struct FailedAction {
    pub(crate) stage: String,
    pub(crate) action: String,
    /// The stack that CloudFormation was asked to change.
    pub(crate) stack: Option<String>,
}

/// An execution that has ended, and the action that failed first.
#[derive(Debug, Clone)]
pub(crate) struct EndedExecution {
    pub(crate) execution: Execution,
    pub(crate) failed: Option<FailedAction>,
    /// The rule that failed, where no action did.
    pub(crate) rule: Option<FailedRule>,
    /// Whether CodePipeline has nothing to roll the failed stage back to.
    pub(crate) lacks_target: bool,
    /// Whether a newer one superseded it while it was followed.
    was_superseded: bool,
}

impl PipelineRuns<'_> {
    /// Follows an execution to its end, and the newer one if it is superseded; `report` gets what happens.
    ///
    /// # Errors
    /// Also when there is no such execution.
    pub(crate) async fn watch(
        &self,
        id: &str,
        mut report: impl FnMut(Event),
    ) -> Result<EndedExecution, Error> {
        let mut id = id.to_owned();
        loop {
            let ended = self.follow(&id, &mut report).await?;
            if !ended.was_superseded {
                return self.explained(ended).await;
            }
            // An execution that changes the pipeline ends a moment before the next one starts.
            match self.next(Some(&id)).await? {
                Some(newer) => id = newer,
                None => return Ok(ended),
            }
        }
    }

    /// Adds what only matters where an execution failed: its rules, and whether it can be rolled back.
    async fn explained(&self, mut ended: EndedExecution) -> Result<EndedExecution, Error> {
        if ended.execution.status != Status::Failed {
            return Ok(ended);
        }
        if ended.failed.is_none() {
            let rules = self.service.failed_rules(&ended.execution.id).await?;
            ended.rule = rules.into_iter().next();
        }
        let stages = [
            ended.failed.as_ref().map(|action| &action.stage),
            ended.rule.as_ref().map(|rule| &rule.stage),
        ];
        let stage = stages.into_iter().flatten().next();
        if let Some(stage) = stage {
            ended.lacks_target = self.lacks_target(stage).await?;
        }
        Ok(ended)
    }

    async fn follow(
        &self,
        id: &str,
        report: &mut impl FnMut(Event),
    ) -> Result<EndedExecution, Error> {
        let mut reported = BTreeMap::<String, Status>::new();
        let asked = Instant::now();
        let (mut is_announced, mut was_seen_moving) = (false, false);
        wait::until(Pace::PIPELINE, async || {
            let Some(now) = self.service.execution(id).await? else {
                if asked.elapsed() < APPEAR_TIMEOUT {
                    return Ok(None);
                }
                return Err(Error::NoExecution {
                    pipeline: self.name.clone(),
                    id: id.to_owned(),
                });
            };
            let actions = self.service.actions(id).await?;
            let mut now = Execution::from(now);
            let source = actions.iter().find(|action| !action.variables.is_empty());
            if let Some(source) = source {
                now.add_commit(&source.variables);
            }
            // The commit is known once the source action is done.
            if !is_announced && (now.commit.is_some() || !now.status.is_moving()) {
                is_announced = true;
                report(Event::Execution(now.clone()));
            }
            for action in &actions {
                let status = Status::parse(&action.status);
                if reported.insert(action.id.clone(), status) != Some(status) {
                    self.report(id, action, report).await;
                }
            }
            if now.status.is_moving() {
                was_seen_moving = true;
                return Ok(None);
            }
            let is_superseded = matches!(now.status, Status::Superseded | Status::Cancelled);
            Ok(Some(EndedExecution {
                execution: now,
                failed: failure(&actions),
                rule: None,
                lacks_target: false,
                was_superseded: is_superseded && was_seen_moving,
            }))
        })
        .await
    }

    /// Reports what an action did, with the end of its log if it failed.
    async fn report(&self, id: &str, action: &ActionExecution, report: &mut impl FnMut(Event)) {
        report(Event::new(id, action));
        if Status::parse(&action.status) == Status::Failed {
            // A log that cannot be read must not hide what failed.
            if let Ok(Some(log)) = self.tail(action).await {
                report(log);
            }
        }
    }

    /// Returns the last lines of a failed build's log.
    async fn tail(&self, action: &ActionExecution) -> Result<Option<Event>, Error> {
        let lines = self.last_lines(action).await?;
        Ok((!lines.is_empty()).then(|| Event::Log {
            stage: action.stage.clone(),
            action: action.action.clone(),
            lines,
        }))
    }

    /// Returns the last lines of a build's log; none if it is no build.
    pub(super) async fn last_lines(&self, action: &ActionExecution) -> Result<Vec<String>, Error> {
        match self.log(action) {
            None => Ok(Vec::new()),
            Some((group, stream)) => {
                Ok(logs::tail(self.env.session(), &group, &stream, TAIL).await?)
            }
        }
    }

    /// Returns the log group and stream of a build: for `App-Pipeline-Build:UUID`, `/umb/App-Pipeline` and `build/UUID`.
    fn log(&self, action: &ActionExecution) -> Option<(String, String)> {
        let (project, uuid) = action.external_id.as_ref()?.split_once(':')?;
        let project = project.strip_prefix(&self.name)?.strip_prefix('-')?;
        let stream = format!("{}/{uuid}", project.to_lowercase());
        Some((format!("/umb/{}", self.name), stream))
    }

    /// Prints the log of a build from its beginning, until the build has ended: of the build `wanted`, else of the first one
    /// that failed, else of the newest.
    ///
    /// # Errors
    /// Also when there is no such build.
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
            let moves = Status::parse(&action.status).is_moving();
            let session = self.env.session();
            let (lines, next) = logs::after(session, &group, &stream, token.clone()).await?;
            token = next;
            for line in &lines {
                print(line);
            }
            Ok((!moves).then_some(()))
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

/// Returns the action that failed first and did not succeed when it was retried.
fn failure(actions: &[ActionExecution]) -> Option<FailedAction> {
    let place = |action: &ActionExecution| (action.stage.clone(), action.action.clone());
    let mut newest = BTreeMap::new();
    // The oldest come first.
    for action in actions {
        newest.insert(place(action), action.id.as_str());
    }
    let is_last_try = |action: &&ActionExecution| newest[&place(action)] == action.id;
    let failed = actions.iter().filter(is_last_try);
    let mut failed = failed.filter(|action| Status::parse(&action.status) == Status::Failed);
    failed.next().map(|action| FailedAction {
        stage: action.stage.clone(),
        action: action.action.clone(),
        stack: action.configuration.get("StackName").cloned(),
    })
}
