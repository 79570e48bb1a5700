//! Signs requests for API Gateway: SigV4, service `execute-api`.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_types::DateTime;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::date_time::Format;
use http::Request;

use super::error::Error;

/// Signs requests with the credentials of a provider, which remembers them as long as they are valid.
#[derive(Debug)]
pub(crate) struct Signer {
    provider: SharedCredentialsProvider,
    region: String,
    /// How many seconds the server's clock is ahead of this machine's.
    ahead: AtomicI64,
}

/// How far the clocks may be apart before the server's counts. AWS refuses a signature that is five minutes old.
const LARGEST_SKEW: i64 = 240;

impl Signer {
    /// Signs for the API's `region` with credentials from `provider`.
    pub(crate) fn new(provider: SharedCredentialsProvider, region: String) -> Self {
        Self {
            provider,
            region,
            ahead: AtomicI64::new(0),
        }
    }

    /// Signs for the API's `region` with an access key that does not expire.
    pub(crate) fn with_key(id: &str, secret: &str, region: String) -> Self {
        let credentials = Credentials::new(id, secret, None, None, "access key");
        Self::new(SharedCredentialsProvider::new(credentials), region)
    }

    /// Takes the time from a response's header `Date` (RFC 9110), as AWS's SDKs do. Returns whether that changes anything.
    pub(super) fn takes_time_from(&self, date: Option<&str>) -> bool {
        let server = date.and_then(|date| DateTime::from_str(date, Format::HttpDate).ok());
        let Some(server) = server else {
            return false;
        };
        let ahead = server.secs() - DateTime::from(SystemTime::now()).secs();
        let before = self.ahead.load(Ordering::Relaxed);
        if (ahead - before).abs() < LARGEST_SKEW {
            return false;
        }
        self.ahead.store(ahead, Ordering::Relaxed);
        true
    }

    /// The time on the server.
    fn now(&self) -> SystemTime {
        let ahead = self.ahead.load(Ordering::Relaxed);
        let by = Duration::from_secs(ahead.unsigned_abs());
        let now = SystemTime::now();
        let corrected = if ahead < 0 {
            now.checked_sub(by)
        } else {
            now.checked_add(by)
        };
        corrected.unwrap_or(now)
    }

    pub(super) fn region(&self) -> &str {
        &self.region
    }

    /// Signs `request`, whose body is `body`.
    pub(super) async fn sign(
        &self,
        request: &mut Request<SdkBody>,
        body: &[u8],
    ) -> Result<(), Error> {
        let credentials = self.provider.provide_credentials().await;
        let credentials = credentials.map_err(|error| Error::Unsignable(error.into()))?;
        self.sign_with(credentials, request, body)
            .map_err(Error::Unsignable)
    }

    fn sign_with(
        &self,
        credentials: Credentials,
        request: &mut Request<SdkBody>,
        body: &[u8],
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let identity = credentials.into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("execute-api")
            .time(self.now())
            .settings(SigningSettings::default())
            .build()?
            .into();
        let headers: Vec<_> = request
            .headers()
            .iter()
            .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
            .collect();
        let uri = request.uri().to_string();
        let signable = SignableRequest::new(
            request.method().as_str(),
            &uri,
            headers.into_iter(),
            SignableBody::Bytes(body),
        )?;
        let (instructions, _) = sign(signable, &parameters)?.into_parts();
        instructions.apply_to_request_http1x(request);
        Ok(())
    }
}
