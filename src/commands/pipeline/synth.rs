//! `umb pipeline synth`: what the pipeline's Synth hands on.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::artifact::Artifact;
use crate::error::{Failure, Kind};
use crate::model::names::{AssetBucketNames, handler_key};
use crate::model::{Pipeline, PipelineStage};
use crate::pipeline::Manifest;
use crate::settings::Settings;
use crate::ui::Ui;

use super::super::synth;

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
    pub(super) fn run(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let pipeline = settings.pipeline()?;
        let artifact = self.artifact(&pipeline)?;
        fs_err::create_dir(&self.out)?;
        let templates = self.out.join("templates");
        for stage in &pipeline.stages {
            write_stage(settings, stage, &artifact, &templates)?;
        }
        if let Some(umb_toml) = settings.path() {
            fs_err::copy(umb_toml, templates.join("umb.toml"))?;
        }
        Manifest::new(&artifact).write(&templates)?;
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

/// Refuses settings that Synth handed on in a format that this umb does not know.
pub(super) fn check_handed_on(settings: &Settings) -> Result<(), Failure> {
    let folder = settings.path().and_then(Path::parent);
    Ok(folder.map_or(Ok(()), Manifest::check)?)
}

/// Writes the templates of a stage, and their configuration for CodePipeline.
fn write_stage(
    settings: &Settings,
    stage: &PipelineStage,
    artifact: &Artifact,
    folder: &Path,
) -> Result<(), Failure> {
    let region = &settings.pipeline()?.region;
    let buckets = AssetBucketNames::new(&settings.app, &stage.account, region);
    let spec = settings.stage(stage.name.as_str())?;
    for stack in synth::render(spec, artifact, buckets.account_regional)? {
        let file = |kind: &str| folder.join(format!("{}.{kind}.json", stack.name()));
        // Without blanks: CloudFormation takes 51,200 bytes.
        write(&file("template"), stack.template.to_string().as_bytes())?;
        // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/continuous-delivery-codepipeline-cfn-artifacts.html
        let configuration = json!({"Parameters": stack.parameters, "Tags": stack.tags});
        write(&file("configuration"), configuration.to_string().as_bytes())?;
    }
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    fs_err::create_dir_all(path.parent().unwrap_or(path))?;
    Ok(fs_err::write(path, bytes)?)
}
