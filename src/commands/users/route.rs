//! How a stage's users are reached.

use std::sync::Arc;

use crate::client::Client;
use crate::error::Failure;
use crate::settings::Settings;
use crate::transfer::Transport;

use super::super::target::{CloudStage, TargetStage};

/// Access to the users of a stage, which is only looked up once the rest of the command line is known to be valid.
pub(super) struct UserAccess<'a> {
    pub(super) stage: Option<String>,
    pub(super) settings: &'a Settings,
}

/// How many users are moved at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Via {
    /// Through the HTTP API
    Api,
    /// The table itself, without the API: faster, for administrators
    Table,
}

impl UserAccess<'_> {
    /// A client of the stage's API.
    pub(super) async fn client(self) -> Result<Client, Failure> {
        self.target().await?.client().await
    }

    /// What moves many users.
    pub(super) async fn transport(self, via: Via) -> Result<Transport, Failure> {
        let target = self.target().await?;
        match via {
            Via::Api => Ok(Transport::Api(Arc::new(target.client().await?))),
            Via::Table => Ok(Transport::Table(target.table().await?)),
        }
    }

    /// The stage, which must be on AWS.
    pub(super) async fn cloud(self) -> Result<Box<CloudStage>, Failure> {
        match self.target().await? {
            TargetStage::Cloud(stage) => Ok(stage),
            TargetStage::Local(_) => Err(Failure::usage("the stage local cannot use S3")
                .hint("name one on AWS: --stage dev; or leave out --to and --from")),
        }
    }

    async fn target(self) -> Result<TargetStage, Failure> {
        TargetStage::find(self.stage, self.settings).await
    }
}
