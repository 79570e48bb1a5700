//! Who calls AWS, where, and how patiently.

use std::time::Duration;

use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_sts::config::SharedHttpClient;
use aws_sdk_sts::config::retry::RetryConfig;
use aws_sdk_sts::config::timeout::TimeoutConfig;
use aws_smithy_http_client::Builder as HttpClientBuilder;
use aws_smithy_http_client::tls::{Provider as TlsProvider, rustls_provider::CryptoMode};

use super::Error;

/// Which named profile of the shared AWS configuration to use.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Profile<'a> {
    /// The default one, unless the environment has credentials of its own.
    Default,
    /// This one, unless the environment has credentials of its own.
    Rather(&'a str),
    /// This one, whatever the environment has.
    Only(&'a str),
}

impl<'a> Profile<'a> {
    fn name(self) -> Option<&'a str> {
        match self {
            Self::Default => None,
            Self::Rather(name) | Self::Only(name) => Some(name),
        }
    }
}

/// One identity in one region.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    config: SdkConfig,
    region: String,
}

/// The one HTTP client: every call that umb makes goes through it. TLS by rustls, roots from the
/// operating system.
fn http_client() -> SharedHttpClient {
    HttpClientBuilder::new()
        .tls_provider(TlsProvider::Rustls(CryptoMode::Ring))
        .build_https()
}

impl Session {
    /// Opens a session with `profile` (else the default one) in `region` (else the profile's).
    ///
    /// Nothing is called yet: credentials are looked up when the first call needs them, in all the
    /// places that the SDK knows (environment, profiles, SSO, processes, containers, instances).
    pub(crate) async fn open(profile: Profile<'_>, region: Option<&str>) -> Result<Self, Error> {
        let region = match region {
            Some(region) => Region::new(region.to_owned()),
            None => profile_region(profile.name())
                .await
                .ok_or_else(Error::no_region)?,
        };
        let http_client = http_client();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http_client.clone())
            .region(region.clone())
            .retry_config(RetryConfig::standard().with_max_attempts(5))
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(Duration::from_secs(4))
                    .operation_attempt_timeout(Duration::from_secs(12))
                    .operation_timeout(Duration::from_secs(30))
                    .build(),
            );
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
            region: region.to_string(),
        })
    }

    /// The region that calls go to.
    pub(crate) fn region(&self) -> &str {
        &self.region
    }

    /// The endpoint that stands in for all of AWS (`AWS_ENDPOINT_URL`), if there is one.
    pub(crate) fn endpoint(&self) -> Option<&str> {
        self.config.endpoint_url()
    }

    /// Where the session's credentials come from; none where nothing is known of any.
    pub(crate) fn credentials_provider(&self) -> Option<SharedCredentialsProvider> {
        self.config.credentials_provider()
    }

    pub(super) fn config(&self) -> &SdkConfig {
        &self.config
    }
}

async fn profile_region(profile: Option<&str>) -> Option<Region> {
    use aws_config::meta::region::ProvideRegion as _;

    let mut provider = ProfileFileRegionProvider::builder();
    if let Some(profile) = profile {
        provider = provider.profile_name(profile);
    }
    provider.build().region().await
}
