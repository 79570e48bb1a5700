//! The connection through which a pipeline gets at a repository.
//!
//! Making one is not enough: a person must let the provider know, in the console, before it can be used.

use crate::aws::codeconnections::{self, Connection, Status};
use crate::aws::codepipeline;
use crate::deploy::Cloud;
use crate::template;
use crate::wait::{self, Pace};

use super::Error;

/// What AWS connects to.
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
    /// What AWS calls it:
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

    /// Whether it runs on a host of one's own, which AWS must know first.
    pub(crate) fn has_host(self) -> bool {
        matches!(self, Self::GitHubEnterpriseServer | Self::GitLabSelfManaged)
    }
}

/// All connections of the account and region.
pub(crate) async fn connections(cloud: &Cloud) -> Result<Vec<Connection>, Error> {
    Ok(codeconnections::connections(cloud.session()).await?)
}

/// The connection with this ARN, of either service, or this name.
///
/// # Errors
/// When there is none, or, by its name, more than one: names need not be unique.
pub(crate) async fn find_connection(cloud: &Cloud, wanted: &str) -> Result<Connection, Error> {
    let none = || Error::NoConnection {
        connection: wanted.to_owned(),
        account: cloud.account().to_owned(),
        region: cloud.region().to_owned(),
    };
    if wanted.starts_with("arn:") {
        let found = codeconnections::connection(cloud.session(), wanted).await?;
        return found.ok_or_else(none);
    }
    named(cloud, wanted).await?.ok_or_else(none)
}

async fn named(cloud: &Cloud, name: &str) -> Result<Option<Connection>, Error> {
    let mut found = connections(cloud).await?;
    found.retain(|connection| connection.name == name);
    match found.len() {
        0 | 1 => Ok(found.pop()),
        count => Err(Error::Ambiguous {
            name: name.to_owned(),
            count,
        }),
    }
}

/// Makes the connection `name` to `provider`, which is on `host` if it has one; takes one that is there.
///
/// # Errors
/// When the one that is there goes elsewhere.
pub(crate) async fn create_connection(
    cloud: &Cloud,
    app: &str,
    name: &str,
    provider: Provider,
    host: Option<&str>,
) -> Result<Connection, Error> {
    if let Some(there) = named(cloud, name).await? {
        return if there.provider == provider.name() {
            Ok(there)
        } else {
            Err(Error::OtherProvider {
                name: there.name,
                actual: there.provider,
                wanted: provider.name(),
            })
        };
    }
    let tags = template::app_tags(app);
    let session = cloud.session();
    let arn = codeconnections::create(session, name, provider.name(), host, &tags).await?;
    find_connection(cloud, &arn).await
}

/// Waits for the person who finishes a connection.
pub(crate) async fn until_available(
    cloud: &Cloud,
    connection: &Connection,
) -> Result<Connection, Error> {
    wait::until(Pace::PERSON, async || {
        let now = codeconnections::connection(cloud.session(), &connection.arn).await?;
        match now {
            Some(now) if now.status == Status::Available => Ok(Some(now)),
            Some(now) if now.status == Status::Pending => Ok(None),
            _ => Err(Error::ConnectionBroken {
                name: connection.name.clone(),
            }),
        }
    })
    .await
}

/// Whether umb made a connection for the app, as its tags say.
pub(crate) async fn is_own_connection(
    cloud: &Cloud,
    app: &str,
    connection: &Connection,
) -> Result<bool, Error> {
    let tags = codeconnections::tags(cloud.session(), &connection.arn).await?;
    let wanted = template::app_tags(app);
    Ok(wanted
        .iter()
        .all(|(key, value)| tags.get(key) == Some(value)))
}

/// Deletes a connection.
///
/// # Errors
/// When a pipeline of the account and region uses it.
pub(crate) async fn delete_connection(cloud: &Cloud, connection: &Connection) -> Result<(), Error> {
    let pipelines = codepipeline::using(cloud.session(), &connection.arn).await?;
    if !pipelines.is_empty() {
        return Err(Error::ConnectionInUse {
            name: connection.name.clone(),
            pipelines,
        });
    }
    Ok(codeconnections::delete(cloud.session(), &connection.arn).await?)
}

/// The page of the console on which a person finishes pending connections:
/// <https://docs.aws.amazon.com/dtconsole/latest/userguide/connections-update.html>.
pub(crate) fn finish_page(cloud: &Cloud) -> String {
    let region = cloud.region();
    let host = match region.split('-').next() {
        Some("cn") => "console.amazonaws.cn",
        _ => "console.aws.amazon.com",
    };
    format!("https://{region}.{host}/codesuite/settings/connections?region={region}")
}
