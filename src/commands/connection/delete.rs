//! `umb connection delete`

use crate::aws::AwsEnv;
use crate::error::Failure;
use crate::pipeline;
use crate::settings::Settings;
use crate::ui::Ui;

use super::find::ConnectionArg;

/// Delete a connection that no pipeline uses
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  umb connection delete                Delete the connection of umb.toml
  umb connection delete old --yes      Delete another one, without asking")]
pub(super) struct DeleteArgs {
    #[command(flatten)]
    connection: ConnectionArg,
    /// Do not ask for confirmation
    #[arg(long, short)]
    yes: bool,
}

impl DeleteArgs {
    pub(super) async fn run(self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let env = AwsEnv::open(&settings.pipeline.env()).await?;
        let connection = self.connection.find(&env, settings).await?;
        let name = &connection.name;
        if !self.yes {
            let question = format!("Delete the connection {name} to {}?", connection.provider);
            ui.confirm(&question).await?;
        }
        pipeline::delete_connection(&env, &connection).await?;
        ui.note(&format!("connection deleted: {name}"));
        Ok(())
    }
}
