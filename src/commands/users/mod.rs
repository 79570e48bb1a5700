//! `umb users`: a file per verb, or for few that are much alike.

mod attributes;
mod export;
mod import;
mod list;
mod one;
mod request;
mod transfer;

use std::sync::Arc;

use crate::api::Client;
use crate::bulk::Road;
use crate::error::Failure;
use crate::settings::Settings;
use crate::ui::Ui;

use super::attended::interruptible;
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
            // These have a way of their own to be interrupted.
            Verb::Import(args) => args.run(target, ui).await,
            Verb::Export(args) => args.run(target, ui).await,
            Verb::Create(args) => interruptible(args.run(target, ui)).await,
            Verb::Get(args) => interruptible(args.run(target, ui)).await,
            Verb::Update(args) => interruptible(args.run(target, ui)).await,
            Verb::List(args) => interruptible(args.run(target, ui)).await,
            Verb::Delete(args) => interruptible(args.run(target, ui)).await,
            Verb::Api(args) => interruptible(args.run(target, ui)).await,
            Verb::Curl(args) => interruptible(args.run(target, ui)).await,
        }
    }
}

/// The stage whose users are meant: looked up only when nothing is wrong with the rest of the arguments.
struct Target<'a> {
    stage: Option<String>,
    settings: &'a Settings,
}

/// How many users go at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Via {
    /// Through the HTTP API
    Api,
    /// Straight to the table: quicker, for administrators
    Table,
}

impl Target<'_> {
    /// The way for many users at once.
    async fn road(self, via: Via) -> Result<Road, Failure> {
        match (via, Chosen::of(self.stage, self.settings).await?) {
            (Via::Api, chosen) => Ok(Road::Api(Arc::new(chosen.client().await?))),
            (Via::Table, chosen) => Ok(Road::Table(chosen.table().await?)),
        }
    }

    /// A client of its API.
    async fn client(self) -> Result<Client, Failure> {
        Chosen::of(self.stage, self.settings).await?.client().await
    }
}
