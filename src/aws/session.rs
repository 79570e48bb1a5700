//! Sessions: credentials, region and timeouts of calls.

use std::time::Duration;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_sts::config::SharedHttpClient;
use aws_sdk_sts::config::timeout::TimeoutConfig;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

use crate::model::Region as RegionCode;
use crate::network::{CaBundle, Network, upload_time};

use super::credentials;
use super::error::Error;
use super::instance;
use super::profile::Profile;
use super::retries::Retries;
use super::shared_config::SharedConfig;
use super::variables;

/// One identity in one region.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    config: SdkConfig,
    region: RegionCode,
    network: Network,
}

impl Session {
    /// Opens a session with `profile` (else the default one) in `region` (else the profile's).
    ///
    /// Nothing is called yet: the first call looks up credentials in all the
    /// places that the SDK knows (environment, profiles, SSO, processes, containers, instances).
    pub(crate) async fn open(
        profile: Profile<'_>,
        region: Option<&RegionCode>,
    ) -> Result<Self, Error> {
        variables::check()?;
        let shared_config = SharedConfig::read(profile.name()).await?;
        shared_config.check(profile)?;
        let retries = Retries::read(&shared_config)?;
        let bundle = CaBundle::find(shared_config.get("ca_bundle"));
        let network = Network::of_environment(bundle).map_err(|error| Error::network(&error))?;
        let http_client = instance::without_false_roles(network.http_client());
        let code = match region {
            Some(code) => code.clone(),
            None => default_region(&shared_config, &http_client).await?,
        };
        let region = Region::new(code.to_string());
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http_client.clone())
            .region(region.clone())
            .retry_config(retries.config())
            .timeout_config(timeouts(&retries));
        if let Some(name) = profile.name() {
            loader = loader.profile_name(name);
        }
        if let Profile::Only(name) = profile {
            let configuration = ProviderConfig::without_region()
                .with_http_client(http_client.clone())
                .with_region(Some(region.clone()));
            let provider = ProfileFileCredentialsProvider::builder()
                .configure(&configuration)
                .profile_name(name);
            loader = loader.credentials_provider(provider.build());
        }
        let config = loader.load().await;
        let provider = config.credentials_provider();
        let provider = provider.map(|provider| credentials::shared(&profile.whose(), provider));
        let endpoint = config.endpoint_url().filter(|url| !url.is_empty());
        let endpoint = endpoint.map(str::to_owned);
        let services = NonEmpty(config.clone());
        let mut config = config.into_builder();
        config.set_credentials_provider(provider);
        config.set_endpoint_url(endpoint);
        config.set_service_config(Some(services));
        Ok(Self {
            config: config.build(),
            region: code,
            network,
        })
    }

    /// The same with the credentials of a role, which it takes on.
    pub(super) async fn assuming(self, role_arn: &str) -> Self {
        let provider = AssumeRoleProvider::builder(role_arn)
            .session_name("umb")
            .configure(&self.config)
            .build()
            .await;
        let provider = SharedCredentialsProvider::new(provider);
        let config = self.config.into_builder();
        Self {
            config: config
                .credentials_provider(credentials::shared(role_arn, provider))
                .build(),
            ..self
        }
    }

    /// The region that calls go to.
    pub(crate) fn region(&self) -> &RegionCode {
        &self.region
    }

    /// How the session reaches AWS.
    pub(crate) fn network(&self) -> &Network {
        &self.network
    }

    /// The endpoint that replaces all of AWS (`AWS_ENDPOINT_URL`), if there is one.
    pub(crate) fn endpoint(&self) -> Option<&str> {
        self.config.endpoint_url()
    }

    /// The provider of the session's credentials, if there is one.
    pub(crate) fn credentials_provider(&self) -> Option<SharedCredentialsProvider> {
        self.config.credentials_provider()
    }

    pub(super) fn config(&self) -> &SdkConfig {
        &self.config
    }
}

/// What is configured for single services, but for what is empty: the SDK takes an empty endpoint for one, and panics.
#[derive(Debug)]
struct NonEmpty(SdkConfig);

impl LoadServiceConfig for NonEmpty {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let value = self.0.service_config()?.load_config(key);
        value.filter(|value| !value.trim().is_empty())
    }
}

/// How long one attempt of a call may take.
const ATTEMPT: Duration = Duration::from_secs(12);

/// How long a call that uploads so many bytes may take: each attempt gets the upload's time in addition. The SDK ends an
/// upload that has stalled sooner: <https://docs.aws.amazon.com/sdk-for-rust/latest/dg/http-config.html>.
pub(super) fn upload_timeouts(bytes: usize) -> TimeoutConfig {
    TimeoutConfig::builder()
        .operation_attempt_timeout(ATTEMPT + upload_time(bytes))
        .disable_operation_timeout()
        .build()
}

/// How long a call may take: all its attempts half a minute, unless somebody wants another number of them.
fn timeouts(retries: &Retries) -> TimeoutConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(4))
        .operation_attempt_timeout(ATTEMPT);
    if retries.are_chosen() {
        timeouts.build()
    } else {
        timeouts.operation_timeout(Duration::from_secs(30)).build()
    }
}

/// Returns the region of the profile, else that of the instance that umb runs on.
async fn default_region(
    profile: &SharedConfig,
    client: &SharedHttpClient,
) -> Result<RegionCode, Error> {
    let region = match profile.get("region").map(str::trim) {
        Some(region) if !region.is_empty() => region.to_owned(),
        _ => {
            let region = instance::region(client.clone()).await;
            region.ok_or_else(Error::no_region)?
        }
    };
    RegionCode::try_from(region.clone()).map_err(|_| Error::invalid_region(&region))
}
