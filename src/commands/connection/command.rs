//! `umb connection`

use crate::error::Failure;
use crate::settings::Settings;
use crate::ui::{Output, Ui};

use super::super::interrupt::stoppable;
use super::create::CreateArgs;
use super::delete::DeleteArgs;
use super::list::ListArgs;
use super::status::StatusArgs;

/// Manage the pipeline's connection to the repository
#[derive(Debug, clap::Args)]
pub(crate) struct ConnectionArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Create(CreateArgs),
    Status(StatusArgs),
    List(ListArgs),
    Delete(DeleteArgs),
}

impl ConnectionArgs {
    /// How its results are written.
    pub(in crate::commands) fn output(&self) -> Output {
        match &self.verb {
            Verb::Status(args) => Output::document(args.json),
            Verb::List(args) => Output::document(args.json),
            Verb::Create(_) | Verb::Delete(_) => Output::Text,
        }
    }

    pub(in crate::commands) async fn run(
        self,
        settings: &Settings,
        ui: &Ui,
    ) -> Result<(), Failure> {
        match self.verb {
            Verb::Create(args) => stoppable("connection create", args.run(settings, ui)).await,
            Verb::Status(args) => stoppable("connection status", args.run(settings, ui)).await,
            Verb::List(args) => stoppable("connection list", args.run(settings, ui)).await,
            Verb::Delete(args) => stoppable("connection delete", args.run(settings, ui)).await,
        }
    }
}
