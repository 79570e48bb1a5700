//! `umb users`

use crate::error::Failure;
use crate::settings::Settings;
use crate::ui::{Output, Ui};

use super::super::interrupt::stoppable;
use super::api::ApiArgs;
use super::create::CreateArgs;
use super::curl::CurlArgs;
use super::delete::DeleteArgs;
use super::export::ExportArgs;
use super::get::GetArgs;
use super::import::ImportArgs;
use super::list::ListArgs;
use super::route::UserAccess;
use super::update::UpdateArgs;

/// Work with users through the HTTP API
#[derive(Debug, clap::Args)]
pub(crate) struct UsersArgs {
    /// The stage [default: UMB_STAGE, default_stage in umb.toml, the only deployed one of `local` and `dev`]
    #[arg(long, global = true)]
    stage: Option<String>,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Create(CreateArgs),
    Get(GetArgs),
    Update(UpdateArgs),
    List(ListArgs),
    Delete(DeleteArgs),
    Import(ImportArgs),
    Export(ExportArgs),
    Api(ApiArgs),
    Curl(CurlArgs),
}

impl UsersArgs {
    /// How its results are written.
    pub(in crate::commands) fn output(&self) -> Output {
        match &self.verb {
            Verb::List(args) => Output::document(args.json),
            Verb::Import(args) => Output::document(args.json),
            _ => Output::Text,
        }
    }

    pub(in crate::commands) async fn run(
        self,
        settings: &Settings,
        ui: &Ui,
    ) -> Result<(), Failure> {
        let access = UserAccess {
            stage: self.stage,
            settings,
        };
        match self.verb {
            Verb::Create(args) => stoppable("users create", args.run(access, ui)).await,
            Verb::Get(args) => stoppable("users get", args.run(access, ui)).await,
            Verb::Update(args) => stoppable("users update", args.run(access, ui)).await,
            Verb::List(args) => stoppable("users list", args.run(access, ui)).await,
            Verb::Delete(args) => stoppable("users delete", args.run(access, ui)).await,
            Verb::Import(args) => stoppable(args.verb(), args.run(access, ui)).await,
            Verb::Export(args) => stoppable(args.verb(), args.run(access, ui)).await,
            Verb::Api(args) => stoppable("users api", args.run(access, ui)).await,
            Verb::Curl(args) => stoppable("users curl", args.run(access, ui)).await,
        }
    }
}
