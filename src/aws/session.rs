//! Sessions: credentials, region and timeouts of calls.

use std::time::Duration;

use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_sts::config::SharedHttpClient;
use aws_sdk_sts::config::timeout::TimeoutConfig;
use aws_smithy_http_client::Builder as HttpClientBuilder;
use aws_smithy_http_client::tls::{Provider as TlsProvider, rustls_provider::CryptoMode};

use crate::model::Region as RegionCode;

use super::error::Error;
use super::retries::Retries;
use super::shared_config::SharedConfig;

/// Which named profile of the shared AWS configuration to use.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Profile<'a> {
    /// The default one, unless the environment has credentials of its own.
    Default,
    /// This one, unless the environment has credentials of its own.
    Fallback(&'a str),
    /// This one, even if the environment has credentials of its own.
    Only(&'a str),
}

impl<'a> Profile<'a> {
    fn name(self) -> Option<&'a str> {
        match self {
            Self::Default => None,
            Self::Fallback(name) | Self::Only(name) => Some(name),
        }
    }
}

/// One identity in one region.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    config: SdkConfig,
    region: RegionCode,
}

/// The HTTP client of every call to AWS: TLS by rustls, root certificates from the
/// operating system.
fn http_client() -> SharedHttpClient {
    HttpClientBuilder::new()
        .tls_provider(TlsProvider::Rustls(CryptoMode::Ring))
        .build_https()
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
        let code = match region {
            Some(code) => code.clone(),
            None => profile_region(profile.name()).await?,
        };
        let region = Region::new(code.to_string());
        let shared_config = SharedConfig::read(profile.name()).await?;
        let retries = Retries::read(&shared_config)?;
        let http_client = http_client();
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
        Ok(Self {
            config: loader.load().await,
            region: code,
        })
    }

    /// The same with the credentials of a role, which it takes on.
    pub(super) async fn assuming(self, role_arn: &str) -> Self {
        let provider = AssumeRoleProvider::builder(role_arn)
            .session_name("umb")
            .configure(&self.config)
            .build()
            .await;
        let config = self.config.into_builder();
        Self {
            config: config
                .credentials_provider(SharedCredentialsProvider::new(provider))
                .build(),
            region: self.region,
        }
    }

    /// The region that calls go to.
    pub(crate) fn region(&self) -> &RegionCode {
        &self.region
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

/// How long a call may take: all its attempts half a minute, unless somebody wants another number of them.
fn timeouts(retries: &Retries) -> TimeoutConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(4))
        .operation_attempt_timeout(Duration::from_secs(12));
    if retries.are_chosen() {
        timeouts.build()
    } else {
        timeouts.operation_timeout(Duration::from_secs(30)).build()
    }
}

/// Returns the region of a named profile, or of the default one.
async fn profile_region(profile: Option<&str>) -> Result<RegionCode, Error> {
    use aws_config::meta::region::ProvideRegion as _;

    let mut provider = ProfileFileRegionProvider::builder();
    if let Some(profile) = profile {
        provider = provider.profile_name(profile);
    }
    let region = provider.build().region().await;
    let region = region.ok_or_else(Error::no_region)?;
    let code = region.as_ref().to_owned();
    RegionCode::try_from(code).map_err(|_| Error::invalid_region(region.as_ref()))
}
