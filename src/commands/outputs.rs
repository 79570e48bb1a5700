//! `umb outputs`

use crate::error::Failure;
use crate::model::StageName;
use crate::settings::Settings;
use crate::stack::Outputs;
use crate::ui::Ui;

use super::pipeline;
use super::target::{Target, TargetStage};

/// Show how to reach a deployed stage: EndpointURL and the rest
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  umb outputs dev                Show everything
  umb outputs dev EndpointURL    Show only the address of the API: for scripts
  umb outputs pipeline --json    Show the pipeline's outputs as JSON")]
pub(crate) struct OutputsArgs {
    /// The stage, or `pipeline` [default: UMB_STAGE, default_stage in umb.toml, the only deployed one of `local` and `dev`]
    target: Option<String>,
    /// Show only the value of this output
    key: Option<String>,
    /// Show a JSON object, outputs by stack
    #[arg(long, conflicts_with = "key")]
    pub(super) json: bool,
}

impl OutputsArgs {
    pub(super) async fn run(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let outputs = self.outputs(settings).await?;
        let Some(wanted) = &self.key else {
            ui.show(&outputs);
            return Ok(());
        };
        let all = || outputs.values().flatten();
        let found = all().find(|(key, _)| *key == wanted);
        let Some((_, value)) = found else {
            let known: Vec<_> = all().map(|(key, _)| key.as_str()).collect();
            return Err(Failure::usage(format!("there is no output `{wanted}`"))
                .hint(format!("the outputs are {}", known.join(", "))));
        };
        ui.print(value);
        Ok(())
    }

    async fn outputs(&self, settings: &Settings) -> Result<Outputs, Failure> {
        let name = self.target.clone();
        let target = match &self.target {
            Some(name) if name != StageName::LOCAL => Some(Target::parse(name, settings)?),
            _ => None,
        };
        match target {
            Some(Target::Pipeline) => pipeline::outputs(settings).await,
            Some(all @ Target::All) => {
                Err(all.unsupported("outputs", "name a stage, e.g. `umb outputs dev`"))
            }
            _ => TargetStage::find(name, settings).await?.outputs().await,
        }
    }
}
