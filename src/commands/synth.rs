//! `umb synth`

use std::path::PathBuf;

use crate::artifact;
use crate::error::{Failure, FileError};
use crate::settings::Settings;
use crate::template::{self, Handler, Stack};
use crate::ui::Ui;

/// Write the finished CloudFormation templates without calling AWS
#[derive(Debug, clap::Args)]
pub(crate) struct SynthArgs {
    /// The stage, or `all`
    #[arg(default_value = "all")]
    target: String,
    /// The folder to write to
    #[arg(long, value_name = "DIR", default_value = "umb.out")]
    out: PathBuf,
}

impl SynthArgs {
    pub(super) fn run(self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let stages = match self.target.as_str() {
            "all" => settings.cloud_stage_names(),
            stage => vec![stage.to_owned()],
        };
        for name in stages {
            let stage = settings.cloud_stage(&name)?;
            // The bucket's name depends on the account, which only AWS knows for certain; so does whether
            // it has the role that API Gateway logs with.
            let account = stage.place.account.as_deref().unwrap_or("ACCOUNT");
            let region = stage.place.region.as_deref().unwrap_or("REGION");
            let [bucket, _] = template::bucket_names(&stage.spec.app, account, region);
            let handler = Handler {
                bucket,
                key: template::handler_key(artifact::SHA256),
                architecture: artifact::ARCHITECTURE.to_owned(),
            };
            self.write(&template::stateful(&stage.spec)?, ui)?;
            self.write(&template::stateless(&stage.spec, &handler, false)?, ui)?;
        }
        Ok(())
    }

    fn write(&self, stack: &Stack, ui: &Ui) -> Result<(), Failure> {
        let parameters: Vec<_> = stack
            .parameters
            .iter()
            .map(|(key, value)| serde_json::json!({"ParameterKey": key, "ParameterValue": value}))
            .collect();
        for (kind, content) in [
            ("template", &stack.template),
            ("parameters", &parameters.into()),
        ] {
            let path = self.out.join(format!("{}.{kind}.json", stack.name));
            std::fs::create_dir_all(&self.out)
                .and_then(|()| std::fs::write(&path, format!("{content:#}\n")))
                .map_err(|source| FileError {
                    verb: "write",
                    path: path.clone(),
                    source,
                })?;
            ui.print(&path.display().to_string());
        }
        Ok(())
    }
}
