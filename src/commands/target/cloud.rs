//! A stage on AWS.

use crate::aws::AwsEnv;
use crate::aws::dynamodb::Items;
use crate::client::{Client, Signer};
use crate::error::{Failure, Kind};
use crate::model::{App, Authorization, StageName, StageSpec};
use crate::settings::Settings;
use crate::stack::{ENDPOINT_URL, Outputs};
use crate::stage;

/// A stage on AWS.
pub(in crate::commands) struct CloudStage {
    pub(in crate::commands) spec: StageSpec,
    pub(in crate::commands) env: AwsEnv,
}

impl CloudStage {
    /// Opens the account and the region of a stage.
    pub(in crate::commands) async fn open(spec: &StageSpec) -> Result<Self, Failure> {
        Ok(Self::new(AwsEnv::open(&spec.env()).await?, spec))
    }

    /// A stage in its account and region.
    pub(in crate::commands) fn new(env: AwsEnv, spec: &StageSpec) -> Self {
        Self {
            env,
            spec: spec.clone(),
        }
    }

    /// Opens the stage `dev` if it is deployed; `None` if it is not, or if AWS is not configured at all.
    pub(super) async fn dev_if_deployed(settings: &Settings) -> Result<Option<Self>, Failure> {
        let spec = settings.stage(StageName::dev().as_str())?;
        let Some(env) = AwsEnv::open_if_configured(&spec.env()).await? else {
            return Ok(None);
        };
        let outputs = stage::outputs(&env, &spec.app, &spec.name).await?;
        Ok(outputs.map(|_| Self::new(env, spec)))
    }

    pub(in crate::commands) fn app(&self) -> &App {
        &self.spec.app
    }

    pub(in crate::commands) fn name(&self) -> &StageName {
        &self.spec.name
    }

    /// The outputs of its stacks.
    pub(super) async fn outputs(&self) -> Result<Outputs, Failure> {
        let outputs = stage::outputs(&self.env, self.app(), self.name()).await?;
        outputs.ok_or_else(|| self.not_deployed())
    }

    /// The error for a stage that is not deployed.
    pub(in crate::commands) fn not_deployed(&self) -> Failure {
        let (account, region, name) = (self.env.account(), self.env.region(), self.name());
        Failure::new(
            Kind::Failed,
            format!("the stage {name} is not deployed (account {account}, {region})"),
        )
        .hint(format!("run `umb deploy {name}`"))
    }

    /// A client of its API.
    pub(in crate::commands) async fn client(&self) -> Result<Client, Failure> {
        let outputs = self.outputs().await?;
        let url = outputs
            .into_values()
            .find_map(|mut outputs| outputs.remove(ENDPOINT_URL))
            .ok_or_else(|| Failure::new(Kind::Failed, "the stage has no output EndpointURL"))?;
        self.client_at(url)
    }

    /// The items of its table.
    pub(super) async fn items(&self) -> Result<Items, Failure> {
        let items = stage::items(&self.env, self.app(), self.name()).await?;
        items.ok_or_else(|| self.not_deployed())
    }

    /// A client of its API at `url`.
    pub(in crate::commands) fn client_at(&self, url: String) -> Result<Client, Failure> {
        let signer = match self.spec.authorization {
            Authorization::None => None,
            Authorization::AwsIam => Some(Signer::new(
                self.env.credentials_provider()?,
                self.env.region().to_string(),
            )),
        };
        Ok(Client::new(url, signer, self.env.session().network()))
    }
}

/// Refuses a flag that a protected stage does not take.
pub(in crate::commands) fn refuse_protected(stage: &StageSpec, flag: &str) -> Result<(), Failure> {
    if !stage.protected {
        return Ok(());
    }
    let name = &stage.name;
    Err(Failure::usage(format!(
        "{flag} is not for the stage {name}, which is protected"
    ))
    .hint(format!(
        "leave it out, or set `protected = false` for {name} in umb.toml and deploy it first"
    )))
}
