//! A stage of either kind.

use std::time::Duration;

use crate::client::Client;
use crate::error::{Failure, Kind};
use crate::model::StageName;
use crate::settings::Settings;
use crate::stack::Outputs;
use crate::transfer::Table;

use super::cloud::CloudStage;
use super::local::LocalStage;

/// How long AWS may take to say whether `dev` is deployed, if no stage was named.
const DISCOVERY_TIMEOUT: Duration = Duration::from_secs(5);
/// What to do if it is not clear which stage is meant.
const NAME_ONE: &str =
    "name one: --stage local or --stage dev, UMB_STAGE, or default_stage in umb.toml";

/// A stage of either kind.
pub(in crate::commands) enum TargetStage {
    Local(LocalStage),
    Cloud(Box<CloudStage>),
}

impl TargetStage {
    /// Finds the stage `name`, else the default one, else the only one of `local` and `dev` that is deployed.
    pub(in crate::commands) async fn find(
        name: Option<String>,
        settings: &Settings,
    ) -> Result<Self, Failure> {
        let default = settings.default_stage.as_ref().map(StageName::to_string);
        match name.or(default) {
            Some(name) if name == StageName::LOCAL => {
                refuse_aws_flags(settings)?;
                Ok(Self::Local(LocalStage::new(settings)?))
            }
            Some(name) => {
                let stage = CloudStage::open(settings.stage(&name)?).await?;
                Ok(Self::Cloud(stage.into()))
            }
            None => Self::only_deployed(settings).await,
        }
    }

    /// The outputs of its stacks.
    pub(in crate::commands) async fn outputs(&self) -> Result<Outputs, Failure> {
        match self {
            Self::Local(local) => Ok(local.outputs(&local.server()?)),
            Self::Cloud(cloud) => cloud.outputs().await,
        }
    }

    /// A client of its API.
    pub(in crate::commands) async fn client(&self) -> Result<Client, Failure> {
        match self {
            Self::Local(local) => Ok(local.client(&local.server()?)),
            Self::Cloud(cloud) => cloud.client().await,
        }
    }

    /// Its table.
    pub(in crate::commands) async fn table(&self) -> Result<Table, Failure> {
        match self {
            Self::Local(local) => local.table(),
            Self::Cloud(cloud) => Ok(Table::Cloud(cloud.items().await?)),
        }
    }

    async fn only_deployed(settings: &Settings) -> Result<Self, Failure> {
        let local = LocalStage::new(settings)?;
        let dev = CloudStage::dev_if_deployed(settings);
        let dev = tokio::time::timeout(DISCOVERY_TIMEOUT, dev).await;
        let dev = dev.unwrap_or_else(|_| {
            Err(Failure::new(Kind::Failed, "AWS does not respond").hint(NAME_ONE))
        });
        match (local.is_deployed(), dev) {
            (true, Ok(None)) => Ok(Self::Local(local)),
            (false, Ok(Some(dev))) => Ok(Self::Cloud(dev.into())),
            (false, Err(failure)) => Err(failure),
            (false, Ok(None)) => Err(Failure::new(
                Kind::Failed,
                "neither `local` nor `dev` is deployed",
            )
            .hint("run `umb deploy local` or `umb deploy dev`, or name another stage")),
            (true, Ok(Some(_))) => {
                Err(Failure::usage("both `local` and `dev` are deployed").hint(NAME_ONE))
            }
            (true, Err(failure)) => {
                let cause = "`local` is deployed, and it is not known whether `dev` is";
                Err(failure.into_usage().context(cause).hint(NAME_ONE))
            }
        }
    }
}

/// Refuses flags that say where AWS is called, for a stage that is not on AWS.
fn refuse_aws_flags(settings: &Settings) -> Result<(), Failure> {
    let flags = &settings.flags;
    let given = [
        ("--region", flags.region.is_some()),
        ("--profile", flags.profile.is_some()),
    ];
    match given.into_iter().find(|(_, is_given)| *is_given) {
        None => Ok(()),
        Some((flag, _)) => Err(Failure::usage(format!(
            "{flag} is only for AWS, not for the stage local, which is on this machine"
        ))
        .hint("leave it out")),
    }
}
