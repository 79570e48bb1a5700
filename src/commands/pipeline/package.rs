//! `umb pipeline package`: what the pipeline's Build hands on.

use std::path::{Path, PathBuf};

use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::artifact;
use crate::commands::synth::{self, cannot_write};
use crate::error::Failure;
use crate::settings::Settings;
use crate::template;
use crate::ui::Ui;

/// Write what the pipeline's Build hands on: this binary and its checksum, umb.toml, the stages' templates with
/// what they are given, and the function
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
            for stack in synth::stage(settings, name)? {
                let file = |kind: &str| build.join(format!("templates/{}.{kind}.json", stack.name));
                // Without blanks: CloudFormation takes 51,200 bytes.
                put(&file("template"), stack.template.to_string().as_bytes())?;
                // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/continuous-delivery-codepipeline-cfn-artifacts.html
                let configuration = json!({"Parameters": stack.parameters, "Tags": stack.tags});
                put(&file("configuration"), configuration.to_string().as_bytes())?;
            }
        }
        if let Some(settings) = &settings.path {
            copy(settings, &build.join("umb.toml"))?;
        }
        let own = std::env::current_exe().map_err(|source| cannot_write(&build, source))?;
        let umb = build.join("umb");
        copy(&own, &umb)?;
        let bytes = std::fs::read(&umb).map_err(|source| cannot_write(&umb, source))?;
        let line = format!("{}  umb\n", hex::encode(Sha256::digest(bytes)));
        put(&build.join("umb.sha256"), line.as_bytes())?;
        let key = template::handler_key(artifact::SHA256);
        put(&self.out.join("handler").join(&key), artifact::ZIP)?;
        ui.print(&key);
        Ok(())
    }
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(path, bytes))
        .map_err(|source| cannot_write(path, source))
}

fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    std::fs::copy(from, to)
        .map(|_| ())
        .map_err(|source| cannot_write(to, source))
}
