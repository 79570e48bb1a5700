//! Checks whether the API works.

use std::time::Duration;

use http::Method;
use tokio::time::Instant;
use uuid::Uuid;

use crate::wait::{self, Pace};

use super::call::Call;
use super::error::Error;
use super::http::Client;

/// How long a new API may take to answer as it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Patience(Duration);

impl Patience {
    /// Until a new deployment is available everywhere.
    pub(crate) const DEPLOYMENT: Self = Self(Duration::from_mins(1));
    /// Until another security policy or endpoint access mode is. AWS says "about 15 minutes":
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-security-policies-update.html>.
    pub(crate) const SECURITY_POLICY: Self = Self(Duration::from_mins(20));

    /// How long to put up with `error`. What the function itself answers depends on no policy.
    fn with(self, error: &Error) -> Duration {
        match error {
            Error::FunctionFailed { .. } | Error::Refused { .. } => Self::DEPLOYMENT.0,
            _ => self.0,
        }
    }
}

impl Client {
    /// Asks for a user that does not exist: the response must be a 404 from the function.
    pub(crate) async fn check(&self) -> Result<(), Error> {
        let nobody = format!("umb-verify-{}", Uuid::new_v4());
        match self.ask(&Call::of_user(Method::GET, &nobody)).await {
            Err(Error::Refused { problem }) if problem.status() == 404 => Ok(()),
            Err(error) => Err(error),
            Ok(answer) => Err(Error::unexpected(200, &answer.body)),
        }
    }

    /// Checks repeatedly, because a new deployment takes a while to be available everywhere.
    ///
    /// # Errors
    /// That of the last attempt.
    pub(crate) async fn verify(&self, patience: Patience) -> Result<(), Error> {
        let started = Instant::now();
        wait::until(Pace::ENDPOINT, async || match self.check().await {
            Err(error) if error.may_pass() && started.elapsed() < patience.with(&error) => Ok(None),
            checked => checked.map(Some),
        })
        .await
    }
}
