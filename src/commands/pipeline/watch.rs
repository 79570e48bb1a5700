//! `umb pipeline watch`, and how other verbs follow an execution.

use crate::commands::stage::CloudStage;
use crate::deploy::{self, Cloud};
use crate::error::{Failure, Kind};
use crate::pipeline::{Ended, Execution, Failed, Pipeline, Status};
use crate::settings::Settings;
use crate::template;
use crate::ui::Ui;

/// Follow an execution of the pipeline to its end
#[derive(Debug, clap::Args)]
pub(super) struct WatchArgs {
    /// The execution's id; else the newest
    execution: Option<String>,
    /// Show what happens as JSON, an object a line
    #[arg(long)]
    pub(super) json: bool,
}

impl WatchArgs {
    pub(super) async fn run(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let cloud = Cloud::open(&settings.pipeline.place).await?;
        let id = match &self.execution {
            Some(id) => id.clone(),
            None => Pipeline::of(&cloud, &settings.app).newest().await?,
        };
        follow(settings, &cloud, &id, ui).await
    }
}

/// Follows the execution that begins after `before`, if one does.
pub(super) async fn follow_next(
    settings: &Settings,
    cloud: &Cloud,
    before: Option<&str>,
    ui: &Ui,
) -> Result<(), Failure> {
    if let Some(next) = Pipeline::of(cloud, &settings.app).next(before).await? {
        return follow(settings, cloud, &next, ui).await;
    }
    say_nothing_begins(ui);
    Ok(())
}

/// Says that there is nothing to follow.
pub(super) fn say_nothing_begins(ui: &Ui) {
    ui.note("no execution has begun: `umb pipeline run` starts one");
}

/// Follows an execution to its end.
///
/// # Errors
/// When it does not end well; the cause is that of the action that failed first.
pub(super) async fn follow(
    settings: &Settings,
    cloud: &Cloud,
    id: &str,
    ui: &Ui,
) -> Result<(), Failure> {
    let progress = ui.pipeline_progress();
    let ended = Pipeline::of(cloud, &settings.app)
        .watch(id, |event| progress.report(&event))
        .await?;
    drop(progress);
    let Ended {
        execution, failed, ..
    } = ended;
    if execution.status == Status::Succeeded {
        ui.note(&format!("the execution {} succeeded", execution.id));
        return Ok(());
    }
    let mut hint = None;
    if let Some(failed) = &failed {
        hint = diagnose(settings, failed, ui).await;
    }
    Err(unsuccessful(&execution, failed.as_ref(), hint))
}

fn unsuccessful(execution: &Execution, failed: Option<&Failed>, hint: Option<String>) -> Failure {
    let id = &execution.id;
    let mut cause = if let Some(Failed { stage, action, .. }) = failed {
        format!("the execution {id} failed in {stage}, at {action}")
    } else {
        let status = execution.status.word();
        format!("the execution {id} was not successful: {status}")
    };
    if let Some(reason) = &execution.reason {
        cause = format!("{cause}: {reason}");
    }
    Failure::new(Kind::Failed, cause).hint(hint.unwrap_or_else(|| {
        "`umb pipeline logs` shows a build's whole log, `umb pipeline status` whether the stage is taken back; \
         `umb pipeline retry` tries again what failed"
            .to_owned()
    }))
}

/// Says what CloudFormation has to say of the stack that failed, where these credentials may ask it; answers
/// what is to be done first, where the pipeline itself cannot go on from there.
async fn diagnose(settings: &Settings, failed: &Failed, ui: &Ui) -> Option<String> {
    let stack = failed.stack.as_deref()?;
    let stage = template::stack_stage(&settings.app, stack)?;
    let asked = async {
        let target = CloudStage::open(settings, &stage).await?;
        Ok::<_, Failure>(deploy::diagnose(&target.cloud, &settings.app, &stage).await?)
    };
    let found = asked.await.unwrap_or_default();
    let diagnosis = found.iter().find(|diagnosis| diagnosis.stack == stack)?;
    ui.note_diagnosis(diagnosis);
    diagnosis.status.is_failed_creation().then(|| {
        format!(
            "`umb destroy {stage}` clears away what the failed creation left; then `umb pipeline retry`"
        )
    })
}
