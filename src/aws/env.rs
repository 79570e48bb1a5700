//! An account and a region of AWS, and the credentials for them.

use aws_credential_types::provider::SharedCredentialsProvider;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::model::{AccountId, Partition, Region, TargetEnv};

use super::cause::Cause;
use super::cloudformation::{CloudFormation, PendingChangeSets};
use super::error::Error;
use super::profile::Profile;
use super::session::Session;
use super::sts::{self, Identity};

/// An account and a region, and the credentials for them.
#[derive(Debug, Clone)]
pub(crate) struct AwsEnv {
    session: Session,
    identity: Identity,
    pending: PendingChangeSets,
}

/// The error for an account that cannot be reached, or is another one than expected.
#[derive(Debug, thiserror::Error)]
#[cfg_attr(test, derive(strum::AsRefStr, strum::VariantNames))]
pub(crate) enum EnvError {
    #[error(transparent)]
    Aws(#[from] Error),
    #[error(
        "umb.toml says that this is in {expected}, and AWS_REGION or AWS_DEFAULT_REGION names {actual}"
    )]
    WrongRegion { expected: Region, actual: Region },
    #[error("the stage belongs to account {expected}, these credentials to {actual} ({caller})")]
    WrongAccount {
        expected: AccountId,
        actual: AccountId,
        caller: String,
    },
}

impl AwsEnv {
    /// Opens `target` and asks AWS whose the credentials are.
    ///
    /// # Errors
    /// Also when they belong to another account than `target` says, and when the shell names another region.
    pub(crate) async fn open(target: &TargetEnv) -> Result<Self, EnvError> {
        if let (Some(expected), Some(actual)) = (&target.region, &target.shell_region) {
            return Err(EnvError::WrongRegion {
                expected: expected.clone(),
                actual: actual.clone(),
            });
        }
        let profile = match &target.profile {
            None => Profile::Default,
            Some(name) if target.only_profile => Profile::Only(name),
            Some(name) => Profile::Fallback(name),
        };
        let opening = Box::pin(Session::open(profile, target.region.as_ref()));
        let mut session = opening.await?;
        if let (Some(role), Some(account)) = (&target.role, &target.account) {
            let role_arn = arn_of_role(session.region(), account, role);
            session = session.assuming(&role_arn).await;
        }
        let identity = sts::identity(&session).await?;
        match &target.account {
            Some(expected) if *expected != identity.account => Err(EnvError::WrongAccount {
                expected: expected.clone(),
                actual: identity.account,
                caller: identity.arn,
            }),
            _ => Ok(Self {
                session,
                identity,
                pending: PendingChangeSets::default(),
            }),
        }
    }

    /// Opens `target` where AWS is configured; `None` where there is no region or there are no credentials.
    pub(crate) async fn open_if_configured(target: &TargetEnv) -> Result<Option<Self>, EnvError> {
        match Self::open(target).await {
            Ok(env) => Ok(Some(env)),
            Err(EnvError::Aws(error))
                if matches!(error.cause(), Cause::NoRegion | Cause::NoCredentials) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// The session that calls go through.
    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    pub(crate) fn region(&self) -> &Region {
        self.session.region()
    }

    pub(crate) fn account(&self) -> &AccountId {
        &self.identity.account
    }

    /// The ARN of whoever the credentials are of.
    pub(crate) fn caller(&self) -> &str {
        &self.identity.arn
    }

    /// The partition of the region.
    pub(crate) fn partition(&self) -> Partition {
        self.region().partition()
    }

    /// The ARN of the account's role of this name.
    pub(crate) fn role_arn(&self, name: &str) -> String {
        arn_of_role(self.region(), self.account(), name)
    }

    /// The page of the console that shows what happens to a stack.
    pub(crate) fn console(&self, stack_arn: &str) -> String {
        let (region, domain) = (self.region(), self.partition().console_domain());
        let stack = utf8_percent_encode(stack_arn, NON_ALPHANUMERIC);
        format!(
            "https://{region}.{domain}/cloudformation/home?region={region}#/stacks/events?stackId={stack}"
        )
    }

    /// The provider of the credentials.
    ///
    /// # Errors
    /// When none are configured.
    pub(crate) fn credentials_provider(&self) -> Result<SharedCredentialsProvider, Error> {
        let provider = self.session.credentials_provider();
        provider.ok_or_else(Error::no_credentials)
    }

    pub(crate) fn cloudformation(&self) -> CloudFormation {
        CloudFormation::new(&self.session)
    }

    /// The change sets of this run that are not executed yet.
    pub(crate) fn pending(&self) -> &PendingChangeSets {
        &self.pending
    }

    /// Deletes the change sets of this run that were not executed.
    pub(crate) async fn discard_change_sets(&self) -> Result<(), Error> {
        self.pending.discard(&self.cloudformation()).await
    }
}

fn arn_of_role(region: &Region, account: &AccountId, name: &str) -> String {
    format!(
        "arn:{}:iam::{account}:role/{name}",
        region.partition().name()
    )
}
