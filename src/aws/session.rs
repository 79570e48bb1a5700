//! Who calls AWS, where, and how patiently.

use std::time::Duration;

use aws_config::profile::ProfileFileRegionProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_sdk_sts::config::SharedHttpClient;
use aws_sdk_sts::config::retry::RetryConfig;
use aws_sdk_sts::config::timeout::TimeoutConfig;
use aws_smithy_http_client::Builder as HttpClientBuilder;
use aws_smithy_http_client::tls::{Provider as TlsProvider, rustls_provider::CryptoMode};

use super::Error;

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
    pub(crate) async fn open(profile: Option<&str>, region: Option<&str>) -> Result<Self, Error> {
        let region = match region {
            Some(region) => Region::new(region.to_owned()),
            None => profile_region(profile).await.ok_or_else(Error::no_region)?,
        };
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http_client())
            .region(region.clone())
            .retry_config(RetryConfig::standard().with_max_attempts(5))
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(Duration::from_secs(4))
                    .operation_attempt_timeout(Duration::from_secs(12))
                    .operation_timeout(Duration::from_secs(30))
                    .build(),
            );
        if let Some(profile) = profile {
            loader = loader.profile_name(profile);
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

    /// Credentials that are good now.
    pub(crate) async fn credentials(&self) -> Result<Credentials, Error> {
        let provider = self
            .config
            .credentials_provider()
            .ok_or_else(|| Error::of_credentials(no_provider()))?;
        provider
            .provide_credentials()
            .await
            .map_err(Error::of_credentials)
    }

    pub(super) fn config(&self) -> &SdkConfig {
        &self.config
    }
}

fn no_provider() -> aws_credential_types::provider::error::CredentialsError {
    aws_credential_types::provider::error::CredentialsError::not_loaded("no provider")
}

async fn profile_region(profile: Option<&str>) -> Option<Region> {
    use aws_config::meta::region::ProvideRegion as _;

    let mut provider = ProfileFileRegionProvider::builder();
    if let Some(profile) = profile {
        provider = provider.profile_name(profile);
    }
    provider.build().region().await
}
