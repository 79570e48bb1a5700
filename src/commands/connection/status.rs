//! `umb connection status`

use crate::aws::AwsEnv;
use crate::error::Failure;
use crate::settings::Settings;
use crate::ui::Ui;

use super::find::ConnectionArg;
use super::show::{explain_status, until_available};

/// Show whether a connection can be used, and what to do if it cannot
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  umb connection status           Show the connection of umb.toml
  umb connection status --wait    Wait until a person has completed it")]
pub(super) struct StatusArgs {
    #[command(flatten)]
    connection: ConnectionArg,
    /// Wait until it can be used
    #[arg(long)]
    wait: bool,
    /// Show it as a JSON object
    #[arg(long)]
    pub(super) json: bool,
}

impl StatusArgs {
    pub(super) async fn run(self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let env = AwsEnv::open(&settings.pipeline.env()).await?;
        let mut connection = self.connection.find(&env, settings).await?;
        if self.wait {
            connection = until_available(ui, &env, connection).await?;
        }
        ui.show(&connection);
        if !self.json {
            explain_status(ui, &env, &connection);
        }
        Ok(())
    }
}
