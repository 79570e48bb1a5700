//! `umb synth`

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::artifact;
use crate::error::{Failure, FileError};
use crate::settings::{PIPELINE, Settings};
use crate::template::{self, Bootstrap, Handler, Stack};
use crate::ui::Ui;

/// The target that is the stack of the pipeline's roles.
const BOOTSTRAP: &str = "bootstrap";
/// What stands where only AWS knows for certain.
const ACCOUNT: &str = "ACCOUNT";
const REGION: &str = "REGION";

/// Write the finished CloudFormation templates without calling AWS
#[derive(Debug, clap::Args)]
pub(crate) struct SynthArgs {
    /// The stage, `all` stages, `pipeline`, or `bootstrap`
    #[arg(default_value = "all")]
    target: String,
    /// The folder to write to
    #[arg(long, value_name = "DIR", default_value = "umb.out")]
    out: PathBuf,
}

impl SynthArgs {
    pub(super) fn run(self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let stacks = match self.target.as_str() {
            PIPELINE => vec![pipeline(settings)?],
            BOOTSTRAP => vec![bootstrap(settings)?],
            "all" => {
                let mut stacks = Vec::new();
                for name in settings.cloud_stage_names() {
                    stacks.extend(stage(settings, &name)?);
                }
                stacks
            }
            name => stage(settings, name)?.into(),
        };
        for stack in stacks {
            let parameters: Vec<_> = stack
                .parameters
                .iter()
                .map(|(key, value)| json!({"ParameterKey": key, "ParameterValue": value}))
                .collect();
            for (kind, content) in [
                ("template", &stack.template),
                ("parameters", &parameters.into()),
            ] {
                let path = self.out.join(format!("{}.{kind}.json", stack.name));
                write(&path, content)?;
                ui.print(&path.display().to_string());
            }
        }
        Ok(())
    }
}

/// A stage's stacks. The bucket's name depends on the account, which only AWS knows for certain where the
/// settings do not say it; so does whether it has the role that API Gateway logs with.
pub(super) fn stage(settings: &Settings, name: &str) -> Result<[Stack; 2], Failure> {
    let stage = settings.cloud_stage(name)?;
    let account = stage.place.account.as_deref();
    let region = stage.place.region.as_deref();
    let (account, region) = (account.unwrap_or(ACCOUNT), region.unwrap_or(REGION));
    let [bucket, _] = template::bucket_names(&stage.spec.app, account, region);
    let handler = Handler {
        bucket,
        key: template::handler_key(artifact::SHA256),
        architecture: artifact::ARCHITECTURE.to_owned(),
    };
    Ok([
        template::stateful(&stage.spec)?,
        template::stateless(&stage.spec, &handler, false)?,
    ])
}

/// The pipeline's stack. The ARN of a connection that is named is known to AWS alone.
fn pipeline(settings: &Settings) -> Result<Stack, Failure> {
    let mut wanted = settings.pipeline_template()?;
    if !wanted.connection.starts_with("arn:") {
        let template::Pipeline {
            account,
            region,
            connection,
            ..
        } = &wanted;
        wanted.connection =
            format!("arn:aws:codeconnections:{region}:{account}:connection/{connection}");
    }
    Ok(template::pipeline(&wanted)?)
}

fn bootstrap(settings: &Settings) -> Result<Stack, Failure> {
    let place = &settings.pipeline.place;
    let account = place.account.as_deref().unwrap_or(ACCOUNT).to_owned();
    Ok(template::bootstrap(&Bootstrap {
        app: settings.app.clone(),
        pipeline_account: account.clone(),
        account,
        region: place.region.as_deref().unwrap_or(REGION).to_owned(),
        boundary: settings.boundary.clone(),
        sets_logging_role: false,
    })?)
}

/// Writes a JSON file, and the folders that it is in.
fn write(path: &Path, content: &Value) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(path, format!("{content:#}\n")))
        .map_err(|source| cannot_write(path, source))
}

/// The failure to write a file.
pub(super) fn cannot_write(path: &Path, source: std::io::Error) -> Failure {
    let error = FileError {
        verb: "write",
        path: path.to_owned(),
        source,
    };
    error.into()
}
