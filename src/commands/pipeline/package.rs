//! `umb pipeline package`: what the pipeline's Build produces.

use std::path::{Path, PathBuf};

use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::artifact::Artifact;
use crate::error::Failure;
use crate::model::names::{HANDLER_FOLDER, handler_key};
use crate::settings::Settings;
use crate::ui::Ui;

use super::super::synth;

/// Write what the pipeline's Build produces: this binary and its checksum, umb.toml, the stages' templates with their
/// parameters, and the function
#[derive(Debug, clap::Args)]
pub(super) struct PackageArgs {
    /// The folder to write to
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl PackageArgs {
    pub(super) fn run(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let build = self.out.join("build");
        for name in &settings.pipeline.stages {
            for stack in synth::stage(settings.stage(name.as_str())?)? {
                let file =
                    |kind: &str| build.join(format!("templates/{}.{kind}.json", stack.name()));
                // Without blanks: CloudFormation takes 51,200 bytes.
                write(&file("template"), stack.template.to_string().as_bytes())?;
                // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/continuous-delivery-codepipeline-cfn-artifacts.html
                let configuration = json!({"Parameters": stack.parameters, "Tags": stack.tags});
                write(&file("configuration"), configuration.to_string().as_bytes())?;
            }
        }
        fs_err::create_dir_all(&build)?;
        if let Some(settings) = settings.path() {
            fs_err::copy(settings, build.join("umb.toml"))?;
        }
        let umb = build.join("umb");
        fs_err::copy(std::env::current_exe()?, &umb)?;
        let checksum = hex::encode(Sha256::digest(fs_err::read(&umb)?));
        write(
            &build.join("umb.sha256"),
            format!("{checksum}  umb\n").as_bytes(),
        )?;
        let key = handler_key(Artifact::EMBEDDED.sha256);
        write(
            &self.out.join(HANDLER_FOLDER).join(&key),
            Artifact::EMBEDDED.zip,
        )?;
        ui.print(&key);
        Ok(())
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    fs_err::create_dir_all(path.parent().unwrap_or(path))?;
    Ok(fs_err::write(path, bytes)?)
}
