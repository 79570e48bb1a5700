//! Signs requests for API Gateway: SigV4, service `execute-api`.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_types::body::SdkBody;
use http::Request;
use tokio::sync::Mutex;

use super::error::Error;

/// How long before they expire credentials are renewed.
const MARGIN: Duration = Duration::from_mins(1);

/// Signs requests, with new credentials whenever the current ones expire.
#[derive(Debug)]
pub(crate) struct Signer {
    provider: SharedCredentialsProvider,
    region: String,
    current: Mutex<Option<Credentials>>,
}

impl Signer {
    /// Signs for the API's `region` with credentials from `provider`.
    pub(crate) fn new(provider: SharedCredentialsProvider, region: String) -> Self {
        Self {
            provider,
            region,
            current: Mutex::default(),
        }
    }

    /// Signs for the API's `region` with an access key that does not expire.
    pub(crate) fn with_key(id: &str, secret: &str, region: String) -> Self {
        let credentials = Credentials::new(id, secret, None, None, "access key");
        Self::new(SharedCredentialsProvider::new(credentials), region)
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
        let credentials = self.credentials().await?;
        self.sign_with(credentials, request, body)
            .map_err(Error::Unsignable)
    }

    async fn credentials(&self) -> Result<Credentials, Error> {
        let mut current = self.current.lock().await;
        let is_good = |credentials: &Credentials| {
            credentials
                .expiry()
                .is_none_or(|end| end > SystemTime::now() + MARGIN)
        };
        if let Some(credentials) = current.as_ref().filter(|current| is_good(current)) {
            return Ok(credentials.clone());
        }
        let renewed = self.provider.provide_credentials().await;
        let renewed = renewed.map_err(|error| Error::Unsignable(error.into()))?;
        Ok(current.insert(renewed).clone())
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
            .time(SystemTime::now())
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use aws_credential_types::provider::{self, future};

    use super::*;

    /// Provides credentials that are valid for `lifetime`, other ones every time.
    #[derive(Debug)]
    struct Changing {
        lifetime: Duration,
        given: Arc<AtomicU32>,
    }

    impl provider::ProvideCredentials for Changing {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            let number = self.given.fetch_add(1, Ordering::Relaxed);
            let end = SystemTime::now() + self.lifetime;
            let id = format!("key-{number}");
            future::ProvideCredentials::ready(Ok(Credentials::new(id, "s", None, Some(end), "t")))
        }
    }

    async fn asked_for(lifetime: Duration) -> u32 {
        let given = Arc::default();
        let changing = Changing {
            lifetime,
            given: Arc::clone(&given),
        };
        let signer = Signer::new(SharedCredentialsProvider::new(changing), "r".to_owned());
        for _ in 0..3 {
            let mut request = Request::new(SdkBody::empty());
            *request.uri_mut() = "http://localhost/users".parse().expect("a URI");
            signer.sign(&mut request, b"").await.expect("signed");
            let header = request.headers()["authorization"].to_str().expect("text");
            let last = given.load(Ordering::Relaxed) - 1;
            assert!(
                header.contains(&format!("Credential=key-{last}/")),
                "{header}"
            );
        }
        given.load(Ordering::Relaxed)
    }

    #[tokio::test]
    async fn credentials_are_renewed_when_they_expire_and_not_before() {
        assert_eq!(asked_for(Duration::from_hours(1)).await, 1);
        assert_eq!(asked_for(Duration::from_secs(1)).await, 3);
    }
}
