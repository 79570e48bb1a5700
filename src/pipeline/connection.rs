//! The connection through which a pipeline reads a repository.
//!
//! AWS creates it pending: a person must authorize it at the provider, in the console, before it can be used.

use crate::aws::codeconnections::{self, Connection, Status};
use crate::aws::{AwsEnv, codepipeline};
use crate::model::{App, app_tags};
use crate::wait::{self, Pace};

use super::error::Error;

/// Where repositories are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Provider {
    GitHub,
    GitHubEnterpriseServer,
    GitLab,
    GitLabSelfManaged,
    Bitbucket,
    AzureDevOps,
}

impl Provider {
    /// The name that AWS has for it:
    /// <https://docs.aws.amazon.com/codeconnections/latest/APIReference/API_CreateConnection.html>.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::GitHub => "GitHub",
            Self::GitHubEnterpriseServer => "GitHubEnterpriseServer",
            Self::GitLab => "GitLab",
            Self::GitLabSelfManaged => "GitLabSelfManaged",
            Self::Bitbucket => "Bitbucket",
            Self::AzureDevOps => "AzureDevOps",
        }
    }

    /// Whether it runs on a host of the user's, which AWS must know first.
    pub(crate) fn has_host(self) -> bool {
        matches!(self, Self::GitHubEnterpriseServer | Self::GitLabSelfManaged)
    }
}

/// Returns all connections of the account and region.
pub(crate) async fn connections(env: &AwsEnv) -> Result<Vec<Connection>, Error> {
    Ok(codeconnections::connections(env.session()).await?)
}

/// Returns the connection with this ARN, of either service, or this name.
///
/// # Errors
/// When there is none. Names need not be unique: when there are several with the name.
pub(crate) async fn find_connection(env: &AwsEnv, wanted: &str) -> Result<Connection, Error> {
    let none = || Error::NoConnection {
        connection: wanted.to_owned(),
        account: env.account().clone(),
        region: env.region().clone(),
    };
    if wanted.starts_with("arn:") {
        let found = codeconnections::connection(env.session(), wanted).await?;
        return found.ok_or_else(none);
    }
    named(env, wanted).await?.ok_or_else(none)
}

async fn named(env: &AwsEnv, name: &str) -> Result<Option<Connection>, Error> {
    let mut found = connections(env).await?;
    found.retain(|connection| connection.name == name);
    match found.len() {
        0 | 1 => Ok(found.pop()),
        count => Err(Error::Ambiguous {
            name: name.to_owned(),
            count,
        }),
    }
}

/// Creates the connection `name` to `provider`, which is on `host` if it has one, or returns the existing one.
///
/// # Errors
/// When the existing one is to another provider.
pub(crate) async fn create_connection(
    env: &AwsEnv,
    app: &App,
    name: &str,
    provider: Provider,
    host: Option<&str>,
) -> Result<Connection, Error> {
    if let Some(existing) = named(env, name).await? {
        return if existing.provider == provider.name() {
            Ok(existing)
        } else {
            Err(Error::OtherProvider {
                name: existing.name,
                actual: existing.provider,
                wanted: provider.name(),
            })
        };
    }
    let tags = app_tags(app);
    let session = env.session();
    let arn = codeconnections::create(session, name, provider.name(), host, &tags).await?;
    find_connection(env, &arn).await
}

/// Waits until a person has authorized a connection.
pub(crate) async fn until_available(
    env: &AwsEnv,
    connection: &Connection,
) -> Result<Connection, Error> {
    wait::until(Pace::PERSON, async || {
        let now = codeconnections::connection(env.session(), &connection.arn).await?;
        match now {
            Some(now) if now.status == Status::Available => Ok(Some(now)),
            Some(now) if now.status == Status::Pending => Ok(None),
            _ => Err(Error::ConnectionBroken {
                name: connection.name.clone(),
                provider: connection.provider.clone(),
            }),
        }
    })
    .await
}

/// Whether umb created a connection for the app, as its tags say.
pub(crate) async fn is_own_connection(
    env: &AwsEnv,
    app: &App,
    connection: &Connection,
) -> Result<bool, Error> {
    let tags = codeconnections::tags(env.session(), &connection.arn).await?;
    let wanted = app_tags(app);
    Ok(wanted
        .iter()
        .all(|(key, value)| tags.get(key) == Some(value)))
}

/// Deletes a connection.
///
/// # Errors
/// When a pipeline of the account and region uses it.
pub(crate) async fn delete_connection(env: &AwsEnv, connection: &Connection) -> Result<(), Error> {
    let pipelines = codepipeline::using(env.session(), &connection.arn).await?;
    if !pipelines.is_empty() {
        return Err(Error::ConnectionInUse {
            name: connection.name.clone(),
            pipelines,
        });
    }
    Ok(codeconnections::delete(env.session(), &connection.arn).await?)
}

/// Returns the page of the console on which a person authorizes pending connections:
/// <https://docs.aws.amazon.com/dtconsole/latest/userguide/connections-update.html>.
pub(crate) fn finish_page(env: &AwsEnv) -> String {
    let (region, domain) = (env.region(), env.partition().console_domain());
    format!("https://{region}.{domain}/codesuite/settings/connections?region={region}")
}
