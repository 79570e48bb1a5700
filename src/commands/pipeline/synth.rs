//! `umb pipeline synth`: what the pipeline's Synth hands on.

use std::path::{Path, PathBuf};

use crate::artifact::Artifact;
use crate::error::{Failure, Kind};
use crate::model::names::{AssetBucketNames, handler_key};
use crate::model::{Pipeline, PipelineStage, StageSpec};
use crate::pipeline::{hand_on, has_current_roles};
use crate::settings::Settings;
use crate::stage;
use crate::ui::Ui;

use super::super::synth;
use super::duty::{self, Duty};
use super::plan_stage::newer_runner;

/// Write what the pipeline's Synth hands on: the stages' templates with their parameters, umb.toml, and the function
#[derive(Debug, clap::Args)]
pub(super) struct SynthArgs {
    /// The folder to write to, which must not exist
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The project's own function, which the pipeline's Function has built
    #[arg(long, value_name = "FILE")]
    function: Option<PathBuf>,
}

impl SynthArgs {
    pub(super) async fn run(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let pipeline = settings.pipeline()?;
        let artifact = self.artifact(&pipeline)?;
        let mut stages = Vec::new();
        for stage in &pipeline.stages {
            let spec = Box::pin(check_account(settings, stage, ui)).await?;
            let buckets = AssetBucketNames::new(&settings.app, &stage.account, &pipeline.region);
            stages.push(synth::render(&spec, &artifact, buckets.account_regional)?);
        }
        fs_err::create_dir(&self.out)?;
        let templates = self.out.join("templates");
        hand_on(&artifact, &stages, &templates)?;
        if let Some(umb_toml) = settings.path() {
            fs_err::copy(umb_toml, templates.join("umb.toml"))?;
        }
        let key = handler_key(&artifact.sha256);
        write(&self.out.join("handler").join(&key), &artifact.zip)?;
        ui.print(&key);
        Ok(())
    }

    /// Returns the function that the stages run. The pipeline decides whether it is the project's own: a commit that
    /// changes this changes the pipeline first.
    fn artifact(&self, pipeline: &Pipeline) -> Result<Artifact, Failure> {
        match (&self.function, pipeline.builds_function) {
            (None, false) => Ok(Artifact::embedded()),
            (Some(path), true) => Ok(Artifact::from_zip(fs_err::read(path)?)?),
            (None, true) => Err(mismatch(
                "umb.toml names a function, and this execution has built none",
            )),
            (Some(_), false) => Err(mismatch(
                "this execution has built a function, and umb.toml names none",
            )),
        }
    }
}

fn mismatch(cause: &str) -> Failure {
    Failure::new(Kind::Failed, cause)
        .hint("the pipeline is not the one of this commit: `umb deploy pipeline` deploys that, and starts it again")
}

/// Returns the stage with what `umb.toml` leaves open as it is deployed. Refuses one whose account has no roles for the
/// pipeline as this umb needs them, or which a newer umb deployed last.
async fn check_account(
    settings: &Settings,
    stage: &PipelineStage,
    ui: &Ui,
) -> Result<StageSpec, Failure> {
    let spec = settings.stage(stage.name.as_str())?;
    let name = &stage.name;
    let fix = format!(
        "`umb bootstrap {name} --trust {}`, run by a person, updates the roles; then `umb pipeline retry`",
        settings.pipeline()?.account
    );
    let target = duty::open(settings, spec, Duty::Check).await;
    let target = target.map_err(|failure| {
        let cause =
            format!("the roles of the stage {name} do not let this umb in, or are not there");
        failure.context(cause).hint(fix.clone())
    })?;
    if !has_current_roles(&target.env, &settings.app).await? {
        let cause = format!("the roles of the stage {name} are those of an older umb");
        return Err(Failure::new(Kind::Failed, cause).hint(fix));
    }
    match stage::to_hand_on(&target.env, spec, &*ui.reporter()).await {
        Err(stage::Error::Downgrade { newer, stack, own }) => {
            let hint = newer_runner(&newer);
            Err(Failure::from(stage::Error::Downgrade { newer, stack, own }).hint(hint))
        }
        checked => Ok(checked?),
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    fs_err::create_dir_all(path.parent().unwrap_or(path))?;
    Ok(fs_err::write(path, bytes)?)
}
