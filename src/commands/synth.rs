//! `umb synth`

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::artifact::Artifact;
use crate::error::Failure;
use crate::model::names::{self, AssetBucketNames};
use crate::model::{Pipeline, StageSpec};
use crate::settings::Settings;
use crate::stack::LARGEST_BODY;
use crate::template::{self, Bootstrap, Handler, RenderedStack, Surroundings};
use crate::ui::Ui;

use super::build;
use super::interrupt::stoppable;
use super::pipeline::RunnerFlag;
use super::target::Target;

/// The target that is the stack of the pipeline's roles.
const BOOTSTRAP: &str = "bootstrap";
/// Placeholders for what only AWS knows.
const ACCOUNT: &str = "ACCOUNT";
const REGION: &str = "REGION";

/// Write the complete CloudFormation templates without calling AWS
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  umb synth                          Write those of all stages to umb.out/
  umb synth dev --out templates      Write those of one stage to another folder
  umb synth pipeline                 Write that of the pipeline")]
pub(crate) struct SynthArgs {
    /// The stage, `all` stages, `pipeline`, or `bootstrap`
    #[arg(default_value = "all")]
    target: String,
    /// The folder to write to
    #[arg(long, value_name = "DIR", default_value = "umb.out")]
    out: PathBuf,
    #[command(flatten)]
    runner: RunnerFlag,
}

impl SynthArgs {
    pub(super) async fn run(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        stoppable("synth", self.synthesize(settings, ui)).await
    }

    async fn synthesize(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        for stack in self.stacks(settings).await? {
            let parameters: Vec<_> = stack
                .parameters
                .iter()
                .map(|(key, value)| json!({"ParameterKey": key, "ParameterValue": value}))
                .collect();
            for (kind, content) in [
                ("template", &stack.template),
                ("parameters", &parameters.into()),
            ] {
                let path = self.out.join(format!("{}.{kind}.json", stack.name()));
                write(&path, content)?;
                ui.print(&path.display().to_string());
            }
        }
        Ok(())
    }

    async fn stacks(&self, settings: &Settings) -> Result<Vec<RenderedStack>, Failure> {
        if self.target == BOOTSTRAP {
            return Ok(vec![bootstrap(settings)?]);
        }
        let target = Target::parse(&self.target, settings)?;
        match target {
            Target::Pipeline => Ok(vec![pipeline(settings, &self.runner)?]),
            Target::Cloud(spec) => {
                let artifact = build::function(settings).await?;
                Ok(stage(spec, &artifact)?.into())
            }
            Target::Local => {
                Err(target.unsupported("synth", "`umb synth dev` writes those of dev"))
            }
            Target::All => {
                let artifact = build::function(settings).await?;
                let stacks = settings.stages().map(|spec| stage(spec, &artifact));
                let stacks: Vec<_> = stacks.collect::<Result<_, _>>()?;
                Ok(stacks.into_iter().flatten().collect())
            }
        }
    }
}

/// Renders a stage's stacks. Only AWS knows the account that the bucket's name depends on, unless `umb.toml` says it, and
/// whether the account has the role that API Gateway logs with.
fn stage(stage: &StageSpec, artifact: &Artifact) -> Result<[RenderedStack; 2], Failure> {
    let account = stage.account.as_ref().map(ToString::to_string);
    let region = stage.region.as_ref().map(ToString::to_string);
    let account = account.unwrap_or_else(|| ACCOUNT.to_owned());
    let region = region.unwrap_or_else(|| REGION.to_owned());
    let bucket = AssetBucketNames::from_texts(&stage.app, &account, &region).account_regional;
    render(stage, artifact, bucket)
}

/// Renders the stacks of a stage whose function is in `bucket`.
pub(super) fn render(
    stage: &StageSpec,
    artifact: &Artifact,
    bucket: String,
) -> Result<[RenderedStack; 2], Failure> {
    let handler = Handler {
        bucket,
        key: names::handler_key(&artifact.sha256),
        architecture: artifact.architecture.to_owned(),
    };
    Ok([
        template::stateful(stage)?,
        template::stateless(stage, &handler, Surroundings::USUAL)?,
    ])
}

/// Renders the pipeline's stack. Only AWS knows the ARN of a connection that is given by its name.
fn pipeline(settings: &Settings, runner: &RunnerFlag) -> Result<RenderedStack, Failure> {
    let runner = runner.read()?;
    let mut pipeline = settings.pipeline()?;
    if !pipeline.connection.starts_with("arn:") {
        let Pipeline {
            account,
            region,
            connection,
            ..
        } = &pipeline;
        let partition = region.partition().name();
        pipeline.connection =
            format!("arn:{partition}:codeconnections:{region}:{account}:connection/{connection}");
    }
    Ok(template::pipeline(&pipeline, &runner.pin(&pipeline))?)
}

fn bootstrap(settings: &Settings) -> Result<RenderedStack, Failure> {
    let account = settings.pipeline.account.as_ref().map(ToString::to_string);
    let account = account.unwrap_or_else(|| ACCOUNT.to_owned());
    let region = settings.pipeline.region.as_ref().map(ToString::to_string);
    Ok(template::bootstrap(&Bootstrap {
        app: settings.app.clone(),
        pipeline_account: account.clone(),
        account,
        region: region.unwrap_or_else(|| REGION.to_owned()),
        boundary: settings.boundary.clone(),
        sets_logging_role: false,
    })?)
}

/// Writes a JSON file, and creates its folder. What would be too large for `aws cloudformation create-stack --template-body`
/// is written without blanks.
fn write(path: &Path, content: &Value) -> Result<(), Failure> {
    fs_err::create_dir_all(path.parent().unwrap_or(path))?;
    let mut text = format!("{content:#}\n");
    if text.len() > LARGEST_BODY {
        text = content.to_string();
    }
    Ok(fs_err::write(path, text)?)
}
