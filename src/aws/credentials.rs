//! Credentials: asked for once in a command, whoever needs them, and checked before they are used.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use tokio::sync::Mutex;

use super::variables::impurity;

/// How long before they expire credentials are renewed.
const MARGIN: Duration = Duration::from_mins(1);

/// The providers of this process, by whose credentials they provide.
static KNOWN: StdMutex<BTreeMap<String, SharedCredentialsProvider>> =
    StdMutex::new(BTreeMap::new());

/// Returns the provider of the credentials named `whose`, which is `provider` if there is none yet. What provides them may be
/// a process that asks a person, or a service that counts calls.
pub(super) fn shared(
    whose: &str,
    provider: SharedCredentialsProvider,
) -> SharedCredentialsProvider {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let entry = known.entry(whose.to_owned());
    entry
        .or_insert_with(|| SharedCredentialsProvider::new(Remembered::new(provider)))
        .clone()
}

/// Remembers credentials until they expire.
#[derive(Debug)]
struct Remembered {
    provider: SharedCredentialsProvider,
    current: Arc<Mutex<Option<Credentials>>>,
}

impl Remembered {
    fn new(provider: SharedCredentialsProvider) -> Self {
        Self {
            provider,
            current: Arc::default(),
        }
    }

    async fn credentials(&self) -> provider::Result {
        let mut current = self.current.lock().await;
        let soon = SystemTime::now() + MARGIN;
        current.take_if(|known| known.expiry().is_some_and(|end| end < soon));
        if let Some(known) = &*current {
            return Ok(known.clone());
        }
        let new = self.provider.provide_credentials().await?;
        check(&new)?;
        Ok(current.insert(new).clone())
    }
}

impl ProvideCredentials for Remembered {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

/// Refuses what no header of a request can hold, where the SDK would panic.
fn check(credentials: &Credentials) -> Result<(), CredentialsError> {
    let parts = [
        ("access key ID", Some(credentials.access_key_id())),
        ("secret access key", Some(credentials.secret_access_key())),
        ("session token", credentials.session_token()),
    ];
    for (part, value) in parts {
        if let Some(what) = value.and_then(impurity) {
            return Err(CredentialsError::invalid_configuration(format!(
                "the {part} contains {what}"
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// Provides credentials that are valid for `lifetime`, other ones every time.
    #[derive(Debug)]
    struct Changing {
        id: &'static str,
        lifetime: Duration,
        given: Arc<AtomicU32>,
    }

    impl ProvideCredentials for Changing {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            self.given.fetch_add(1, Ordering::Relaxed);
            let end = SystemTime::now() + self.lifetime;
            let new = Credentials::new(self.id, "s", None, Some(end), "t");
            future::ProvideCredentials::ready(Ok(new))
        }
    }

    fn changing(id: &'static str, lifetime: Duration) -> (Remembered, Arc<AtomicU32>) {
        let given = Arc::default();
        let changing = Changing {
            id,
            lifetime,
            given: Arc::clone(&given),
        };
        let provider = SharedCredentialsProvider::new(changing);
        (Remembered::new(provider), given)
    }

    async fn asked_for(lifetime: Duration) -> u32 {
        let (remembered, given) = changing("id", lifetime);
        for _ in 0..3 {
            remembered.provide_credentials().await.expect("credentials");
        }
        given.load(Ordering::Relaxed)
    }

    #[tokio::test]
    async fn credentials_are_renewed_when_they_expire_and_not_before() {
        assert_eq!(asked_for(Duration::from_hours(1)).await, 1);
        assert_eq!(asked_for(Duration::from_secs(1)).await, 3);
    }

    #[tokio::test]
    async fn credentials_that_no_request_can_hold_are_refused() {
        let (remembered, _) = changing("AKIA\n", Duration::from_hours(1));
        let error = remembered.provide_credentials().await;
        let error = error.expect_err("it has a line break");
        let source = std::error::Error::source(&error).expect("a source");
        assert_eq!(
            source.to_string(),
            "the access key ID contains a line break"
        );
    }
}
