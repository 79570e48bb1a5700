//! `umb pipeline status | run | logs | approve | retry | rollback | stop`

use crate::deploy::Cloud;
use crate::error::Failure;
use crate::pipeline::Pipeline;
use crate::settings::Settings;
use crate::ui::Ui;

use super::watch::follow;

/// Show how the pipeline stands: its newest execution, its stages and their actions
#[derive(Debug, clap::Args)]
pub(super) struct StatusArgs {
    /// Show a JSON object
    #[arg(long)]
    json: bool,
}

/// Start an execution of the branch as it is now
#[derive(Debug, clap::Args)]
pub(super) struct RunArgs {
    /// Follow it to its end
    #[arg(long)]
    watch: bool,
}

/// Show what a build says: of the pipeline's Build, UpdatePipeline, Stateful.Guard or SmokeTest
#[derive(Debug, clap::Args)]
pub(super) struct LogsArgs {
    /// The action, or its stage of the pipeline; else the build that failed first, else the newest
    build: Option<String>,
    /// The execution's id; else the newest
    #[arg(long)]
    execution: Option<String>,
}

/// Agree to what waits for a person, or refuse it
#[derive(Debug, clap::Args)]
pub(super) struct ApproveArgs {
    /// The stage; else the only one that waits
    stage: Option<String>,
    /// Refuse it: the execution fails there
    #[arg(long)]
    reject: bool,
    /// Why, for the record
    #[arg(long, short, default_value = "")]
    message: String,
    /// Do it without asking
    #[arg(long, short)]
    yes: bool,
}

/// Run a stage again that failed, with the same commit
#[derive(Debug, clap::Args)]
pub(super) struct RetryArgs {
    /// The stage; else the one where the newest execution failed
    stage: Option<String>,
    /// Follow it to its end
    #[arg(long)]
    watch: bool,
}

/// Take a stage's API and function back to what an earlier execution deployed; its table stays as it is
#[derive(Debug, clap::Args)]
pub(super) struct RollbackArgs {
    /// The stage
    stage: String,
    /// The execution to whose commit it goes back; else the one before the newest success
    #[arg(long, value_name = "EXECUTION")]
    to: Option<String>,
    /// Follow it to its end
    #[arg(long)]
    watch: bool,
    /// Do it without asking
    #[arg(long, short)]
    yes: bool,
}

/// Stop an execution
#[derive(Debug, clap::Args)]
pub(super) struct StopArgs {
    /// The execution's id; else the newest that goes on
    execution: Option<String>,
    /// Do not wait for the actions that go on: what they began goes on without the pipeline
    #[arg(long)]
    abandon: bool,
}

impl StatusArgs {
    pub(super) async fn run(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let cloud = Cloud::open(&settings.pipeline.place).await?;
        let status = Pipeline::of(&cloud, &settings.app).status().await?;
        if self.json {
            ui.print_json(&status);
        } else {
            ui.pipeline_status(&status);
        }
        Ok(())
    }
}

impl RunArgs {
    pub(super) async fn run(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let cloud = Cloud::open(&settings.pipeline.place).await?;
        let id = Pipeline::of(&cloud, &settings.app).run().await?;
        begun(settings, &cloud, &id, self.watch, ui).await
    }
}

impl LogsArgs {
    pub(super) async fn run(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let cloud = Cloud::open(&settings.pipeline.place).await?;
        let pipeline = Pipeline::of(&cloud, &settings.app);
        let execution = match &self.execution {
            Some(id) => id.clone(),
            None => pipeline.newest().await?,
        };
        let print = |line: &str| ui.print(line);
        Ok(pipeline
            .logs(&execution, self.build.as_deref(), print)
            .await?)
    }
}

impl ApproveArgs {
    pub(super) async fn run(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let cloud = Cloud::open(&settings.pipeline.place).await?;
        let pipeline = Pipeline::of(&cloud, &settings.app);
        let approval = pipeline.waiting(self.stage.as_deref()).await?;
        let stage = &approval.stage;
        if !self.yes {
            let status = pipeline.status().await?;
            ui.note_pipeline_status(&status);
            let verb = if self.reject { "Refuse" } else { "Approve" };
            ui.confirm(&format!("{verb} what waits in {stage}?"))
                .await?;
        }
        pipeline
            .answer(&approval, !self.reject, &self.message)
            .await?;
        let done = if self.reject { "refused" } else { "approved" };
        ui.note(&format!("{stage}: {done}"));
        Ok(())
    }
}

impl RetryArgs {
    pub(super) async fn run(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let cloud = Cloud::open(&settings.pipeline.place).await?;
        let pipeline = Pipeline::of(&cloud, &settings.app);
        let id = pipeline.retry(self.stage.as_deref()).await?;
        begun(settings, &cloud, &id, self.watch, ui).await
    }
}

impl RollbackArgs {
    pub(super) async fn run(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let stage = &self.stage;
        let cloud = Cloud::open(&settings.pipeline.place).await?;
        if !self.yes {
            let question = format!("Take the API and the function of {stage} back?");
            ui.confirm(&question).await?;
        }
        let pipeline = Pipeline::of(&cloud, &settings.app);
        let id = pipeline.roll_back(stage, self.to.as_deref()).await?;
        begun(settings, &cloud, &id, self.watch, ui).await
    }
}

impl StopArgs {
    pub(super) async fn run(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let cloud = Cloud::open(&settings.pipeline.place).await?;
        let pipeline = Pipeline::of(&cloud, &settings.app);
        let id = pipeline
            .stop(self.execution.as_deref(), self.abandon)
            .await?;
        ui.note(&format!("the execution {id} stops"));
        Ok(())
    }
}

/// Says which execution has begun, and follows it if that is wanted.
async fn begun(
    settings: &Settings,
    cloud: &Cloud,
    id: &str,
    follows: bool,
    ui: &Ui,
) -> Result<(), Failure> {
    ui.print(id);
    if follows {
        follow(settings, cloud, id, ui).await
    } else {
        ui.note("`umb pipeline watch` follows it");
        Ok(())
    }
}
