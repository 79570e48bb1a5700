//! `umb users`: a file per verb, or for few that are much alike.

mod attributes;
mod export;
mod import;
mod list;
mod one;
mod request;

use crate::api::Client;
use crate::error::Failure;
use crate::settings::Settings;
use crate::ui::Ui;

use super::stage::Chosen;

/// Work with users through the HTTP API
#[derive(Debug, clap::Args)]
pub(crate) struct UsersArgs {
    /// The stage; else UMB_STAGE, default_stage in umb.toml, the only deployed one of `local` and `dev`
    #[arg(long, global = true)]
    stage: Option<String>,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Create(one::CreateArgs),
    Get(one::GetArgs),
    Update(one::UpdateArgs),
    List(list::ListArgs),
    Delete(one::DeleteArgs),
    Import(import::ImportArgs),
    Export(export::ExportArgs),
    Api(request::ApiArgs),
    Curl(request::CurlArgs),
}

impl UsersArgs {
    pub(super) async fn run(self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let target = Target {
            stage: self.stage,
            settings,
        };
        match self.verb {
            Verb::Create(args) => args.run(target, ui).await,
            Verb::Get(args) => args.run(target, ui).await,
            Verb::Update(args) => args.run(target, ui).await,
            Verb::List(args) => args.run(target, ui).await,
            Verb::Delete(args) => args.run(target, ui).await,
            Verb::Import(args) => args.run(target, ui).await,
            Verb::Export(args) => args.run(target, ui).await,
            Verb::Api(args) => args.run(target, ui).await,
            Verb::Curl(args) => args.run(target, ui).await,
        }
    }
}

/// The stage whose users are meant: looked up only when nothing is wrong with the rest of the arguments.
struct Target<'a> {
    stage: Option<String>,
    settings: &'a Settings,
}

impl Target<'_> {
    /// A client of its API.
    async fn client(self) -> Result<Client, Failure> {
        Chosen::of(self.stage, self.settings).await?.client().await
    }
}
