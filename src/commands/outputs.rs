//! `umb outputs`

use crate::error::Failure;
use crate::settings::{PIPELINE, Settings};
use crate::ui::Ui;

use super::pipeline;
use super::stage::Chosen;

/// Show what a deployed stage is reached by: EndpointURL and the rest
#[derive(Debug, clap::Args)]
pub(crate) struct OutputsArgs {
    /// The stage, or `pipeline`; else the default one, else the only deployed one of `local` and `dev`
    target: Option<String>,
    /// Show only the value of this output, for scripts
    key: Option<String>,
    /// Show a JSON object, outputs by stack
    #[arg(long, conflicts_with = "key")]
    json: bool,
}

impl OutputsArgs {
    pub(super) async fn run(self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let outputs = match self.target.as_deref() {
            Some(PIPELINE) => pipeline::outputs(settings).await?,
            _ => Chosen::of(self.target, settings).await?.outputs().await?,
        };
        if self.json {
            let json = serde_json::to_value(&outputs).unwrap_or_default();
            ui.print(&format!("{json:#}"));
            return Ok(());
        }
        let all = || {
            outputs
                .iter()
                .flat_map(|(stack, outputs)| outputs.iter().map(move |(k, v)| (stack, k, v)))
        };
        let Some(wanted) = self.key else {
            for (stack, key, value) in all() {
                ui.print(&format!("{stack}.{key} = {value}"));
            }
            return Ok(());
        };
        let Some((_, _, value)) = all().find(|(_, key, _)| **key == wanted) else {
            let known: Vec<_> = all().map(|(_, key, _)| key.as_str()).collect();
            return Err(Failure::usage(format!("there is no output `{wanted}`"))
                .hint(format!("the outputs are {}", known.join(", "))));
        };
        ui.print(value);
        Ok(())
    }
}
