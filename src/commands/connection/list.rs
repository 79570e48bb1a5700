//! `umb connection list`

use crate::aws::AwsEnv;
use crate::error::Failure;
use crate::pipeline;
use crate::settings::Settings;
use crate::ui::Ui;

/// List all connections of the account and region
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  umb connection list           List them
  umb connection list --json    The same, as JSON")]
pub(super) struct ListArgs {
    /// Show them as a JSON array
    #[arg(long)]
    pub(super) json: bool,
}

impl ListArgs {
    pub(super) async fn run(self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let env = AwsEnv::open(&settings.pipeline.env()).await?;
        ui.show(&pipeline::connections(&env).await?);
        Ok(())
    }
}
