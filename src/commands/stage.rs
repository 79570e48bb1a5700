//! Which stage a command is about, and how to reach it.

use std::path::PathBuf;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;

use crate::api::{Client, Signer};
use crate::bulk::Table;
use crate::deploy::{Artifact, Cloud, Desired, ENDPOINT_URL, Items, Mode, Outputs};
use crate::error::{Failure, Kind};
use crate::settings::{LOCAL, Settings, Stage};
use crate::template::{self, Authorization};
use crate::{artifact, local};

/// How long AWS may take to say whether `dev` is there, where no stage was named.
const PATIENCE: Duration = Duration::from_secs(5);
/// The way out where it is not clear which stage is meant.
const NAME_ONE: &str =
    "name one: --stage local or --stage dev, UMB_STAGE, or default_stage in umb.toml";

/// A stage of either kind.
pub(super) enum Chosen {
    Local(LocalStage),
    Cloud(Box<CloudStage>),
}

/// The stage on this machine.
pub(super) struct LocalStage {
    pub(super) name: String,
    pub(super) folder: PathBuf,
}

/// A stage on AWS.
pub(super) struct CloudStage {
    pub(super) stage: Stage,
    pub(super) cloud: Cloud,
}

impl Chosen {
    /// The stage `name`, else the default one, else the only one of `local` and `dev` that is
    /// deployed.
    pub(super) async fn of(name: Option<String>, settings: &Settings) -> Result<Self, Failure> {
        match name.or_else(|| settings.default_stage.clone()) {
            Some(name) if name == LOCAL => Ok(Self::Local(LocalStage::of(settings)?)),
            Some(name) => Ok(Self::Cloud(CloudStage::open(settings, &name).await?.into())),
            None => Self::only_deployed(settings).await,
        }
    }

    /// The outputs of its stacks.
    pub(super) async fn outputs(&self) -> Result<Outputs, Failure> {
        match self {
            Self::Local(local) => Ok(local.outputs(&local.server()?)),
            Self::Cloud(cloud) => cloud.outputs().await,
        }
    }

    /// A client of its API.
    pub(super) async fn client(&self) -> Result<Client, Failure> {
        match self {
            Self::Local(local) => Ok(local.client(&local.server()?)),
            Self::Cloud(cloud) => cloud.client().await,
        }
    }

    /// Its table.
    pub(super) async fn table(&self) -> Result<Table, Failure> {
        match self {
            Self::Local(local) => local.table(),
            Self::Cloud(cloud) => Ok(Table::Cloud(cloud.items().await?)),
        }
    }

    async fn only_deployed(settings: &Settings) -> Result<Self, Failure> {
        let local = LocalStage::of(settings)?;
        let dev = tokio::time::timeout(PATIENCE, CloudStage::dev_if_deployed(settings)).await;
        let dev = dev.unwrap_or_else(|_| {
            Err(Failure::new(Kind::Failed, "AWS does not answer").hint(NAME_ONE))
        });
        match (local::deployed(&local.folder), dev) {
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
            (true, Err(failure)) => Err(Failure::usage(format!(
                "`local` is deployed, and whether `dev` is cannot be told: {}",
                failure.cause()
            ))
            .hint(NAME_ONE)),
        }
    }
}

impl LocalStage {
    pub(super) fn of(settings: &Settings) -> Result<Self, Failure> {
        Ok(Self {
            name: template::local_name(&settings.app),
            folder: settings.local_folder()?,
        })
    }

    /// What a stack's outputs would be.
    pub(super) fn outputs(&self, server: &local::Record) -> Outputs {
        let mut outputs = vec![
            (ENDPOINT_URL, server.url()),
            ("StateFolder", self.folder.display().to_string()),
        ];
        if let Some((_, path)) = self.key(server) {
            outputs.push(("CredentialsFile", path.display().to_string()));
        }
        let outputs = outputs
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value));
        [(self.name.clone(), outputs.collect())].into()
    }

    /// A client of its API, which signs where the server asks for it.
    pub(super) fn client(&self, server: &local::Record) -> Client {
        let signer = self.key(server).map(|(key, _)| {
            let credentials = Credentials::new(key.id, key.secret, None, None, "local");
            Signer::new(
                SharedCredentialsProvider::new(credentials),
                LOCAL.to_owned(),
            )
        });
        Client::new(server.url(), signer)
    }

    /// The key that the server asks for, if it does, and the file that it is in.
    fn key(&self, server: &local::Record) -> Option<(local::Key, PathBuf)> {
        server.auth.then(|| local::key(&self.folder)).flatten()
    }

    fn server(&self) -> Result<local::Record, Failure> {
        let server = local::running(&self.folder)?;
        server.ok_or_else(|| {
            Self::is_not(if self.is_deployed() {
                "running"
            } else {
                "deployed"
            })
        })
    }

    /// Its table, whether its server runs or not.
    fn table(&self) -> Result<Table, Failure> {
        if self.is_deployed() {
            Ok(Table::Local(local::Table::open(&self.folder)?))
        } else {
            Err(Self::is_not("deployed"))
        }
    }

    fn is_deployed(&self) -> bool {
        local::deployed(&self.folder)
    }

    fn is_not(state: &str) -> Failure {
        let name = LOCAL;
        Failure::new(Kind::Failed, format!("the stage {name} is not {state}"))
            .hint(format!("run `umb deploy {name}`"))
    }
}

impl CloudStage {
    /// Goes to where the stage `name` is, or is to be.
    pub(super) async fn open(settings: &Settings, name: &str) -> Result<Self, Failure> {
        let stage = settings.cloud_stage(name)?;
        let cloud = Cloud::open(&stage.place).await?;
        Ok(Self { stage, cloud })
    }

    /// `dev`, if it is deployed; where AWS is not configured at all, it is not.
    async fn dev_if_deployed(settings: &Settings) -> Result<Option<Self>, Failure> {
        let stage = settings.cloud_stage("dev")?;
        let Some(cloud) = Cloud::open_if_configured(&stage.place).await? else {
            return Ok(None);
        };
        let outputs = cloud.outputs(&stage.spec.app, &stage.spec.name).await?;
        Ok(outputs.map(|_| Self { stage, cloud }))
    }

    async fn outputs(&self) -> Result<Outputs, Failure> {
        let spec = &self.stage.spec;
        let outputs = self.cloud.outputs(&spec.app, &spec.name).await?;
        outputs.ok_or_else(|| self.not_deployed())
    }

    /// That there is nothing of it.
    pub(super) fn not_deployed(&self) -> Failure {
        let (account, region) = (self.cloud.account(), self.cloud.region());
        let name = &self.stage.spec.name;
        Failure::new(
            Kind::Failed,
            format!("the stage {name} is not deployed (account {account}, {region})"),
        )
        .hint(format!("run `umb deploy {name}`"))
    }

    /// A client of its API.
    pub(super) async fn client(&self) -> Result<Client, Failure> {
        let url = self
            .outputs()
            .await?
            .into_values()
            .find_map(|mut outputs| outputs.remove(ENDPOINT_URL))
            .ok_or_else(|| Failure::new(Kind::Failed, "the stage has no output EndpointURL"))?;
        self.client_at(url)
    }

    /// The items of its table.
    async fn items(&self) -> Result<Items, Failure> {
        let spec = &self.stage.spec;
        let items = self.cloud.items(&spec.app, &spec.name).await?;
        items.ok_or_else(|| self.not_deployed())
    }

    /// A client of its API, which is at `url`.
    pub(super) fn client_at(&self, url: String) -> Result<Client, Failure> {
        let signer = match self.stage.spec.authorization {
            Authorization::None => None,
            Authorization::AwsIam => Some(Signer::new(
                self.cloud.credentials_provider()?,
                self.cloud.region().to_owned(),
            )),
        };
        Ok(Client::new(url, signer))
    }
}

/// How a deploy goes about it.
#[derive(Debug, clap::Args)]
pub(super) struct Deployment {
    /// Deploy although a newer umb deployed last
    #[arg(long)]
    allow_downgrade: bool,
    /// Take back what was changed by hand, too
    #[arg(long, conflicts_with = "express")]
    revert_drift: bool,
    /// Do not wait until resources are stable (CloudFormation's express mode, for Stateless)
    #[arg(long)]
    express: bool,
}

impl Deployment {
    /// Whether it is not the ordinary way.
    pub(super) fn is_special(&self) -> bool {
        self.allow_downgrade || self.revert_drift || self.express
    }

    /// What is to be deployed of `stage`.
    ///
    /// # Errors
    /// What is not for a protected stage.
    pub(super) fn desired<'a>(&self, stage: &'a Stage) -> Result<Desired<'a>, Failure> {
        if self.express {
            refuse_protected(stage, "--express")?;
        }
        let mode = if self.revert_drift {
            Mode::RevertDrift
        } else if self.express {
            Mode::Express
        } else {
            Mode::Standard
        };
        Ok(Desired {
            stage: &stage.spec,
            artifact: Artifact {
                zip: artifact::ZIP,
                sha256: artifact::SHA256,
                architecture: artifact::ARCHITECTURE,
            },
            mode,
            allows_downgrade: self.allow_downgrade,
        })
    }
}

/// Refuses a flag that a protected stage does not take.
pub(super) fn refuse_protected(stage: &Stage, flag: &str) -> Result<(), Failure> {
    if !stage.spec.protected {
        return Ok(());
    }
    let name = &stage.spec.name;
    Err(Failure::usage(format!(
        "{flag} is not for the stage {name}, which is protected"
    ))
    .hint(format!(
        "deploy {name} without it, or with `protected = false` in umb.toml first"
    )))
}
