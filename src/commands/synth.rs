//! `umb synth`

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::artifact::Artifact;
use crate::error::Failure;
use crate::model::names::{self, AssetBucketNames};
use crate::model::{Pipeline, StageSpec};
use crate::settings::Settings;
use crate::template::{self, Bootstrap, Handler, RenderedStack};
use crate::ui::Ui;

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
}

impl SynthArgs {
    pub(super) fn run(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        for stack in self.stacks(settings)? {
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

    fn stacks(&self, settings: &Settings) -> Result<Vec<RenderedStack>, Failure> {
        if self.target == BOOTSTRAP {
            return Ok(vec![bootstrap(settings)?]);
        }
        let target = Target::parse(&self.target, settings)?;
        match target {
            Target::Pipeline => Ok(vec![pipeline(settings)?]),
            Target::Cloud(spec) => Ok(stage(spec)?.into()),
            Target::Local => {
                Err(target.unsupported("synth", "`umb synth dev` writes those of dev"))
            }
            Target::All => {
                let stacks: Vec<_> = settings.stages().map(stage).collect::<Result<_, _>>()?;
                Ok(stacks.into_iter().flatten().collect())
            }
        }
    }
}

/// Renders a stage's stacks. Only AWS knows the account that the bucket's name depends on, unless `umb.toml` says it, and
/// whether the account has the role that API Gateway logs with.
pub(super) fn stage(stage: &StageSpec) -> Result<[RenderedStack; 2], Failure> {
    let account = stage.account.as_ref().map(ToString::to_string);
    let region = stage.region.as_ref().map(ToString::to_string);
    let account = account.unwrap_or_else(|| ACCOUNT.to_owned());
    let region = region.unwrap_or_else(|| REGION.to_owned());
    let handler = Handler {
        bucket: AssetBucketNames::from_texts(&stage.app, &account, &region).account_regional,
        key: names::handler_key(Artifact::EMBEDDED.sha256),
        architecture: Artifact::EMBEDDED.architecture.to_owned(),
    };
    Ok([
        template::stateful(stage)?,
        template::stateless(stage, &handler, false)?,
    ])
}

/// Renders the pipeline's stack. Only AWS knows the ARN of a connection that is given by its name.
fn pipeline(settings: &Settings) -> Result<RenderedStack, Failure> {
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
    Ok(template::pipeline(&pipeline)?)
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

/// Writes a JSON file, and creates its folder.
fn write(path: &Path, content: &Value) -> Result<(), Failure> {
    fs_err::create_dir_all(path.parent().unwrap_or(path))?;
    Ok(fs_err::write(path, format!("{content:#}\n"))?)
}
