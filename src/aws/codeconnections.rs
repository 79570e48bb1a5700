//! Connections to where repositories are: AWS CodeConnections, which was CodeStar Connections until 2024. Source:
//! <https://docs.aws.amazon.com/dtconsole/latest/userguide/connections.html>.

use std::collections::BTreeMap;

use aws_sdk_codeconnections::Client;
use aws_sdk_codeconnections::error::ProvideErrorMetadata as _;
use aws_sdk_codeconnections::types::{ConnectionStatus, ProviderType, Tag};
use serde::Serialize;

use super::error::Error;
use super::session::Session;

/// A connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Connection {
    pub(crate) name: String,
    /// Of either service: `codestar-connections` or `codeconnections`.
    pub(crate) arn: String,
    /// As AWS calls it, e.g. `GitHub`.
    pub(crate) provider: String,
    pub(crate) status: Status,
}

/// Whether a connection can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Available,
    /// A person must complete it in the console.
    Pending,
    /// The provider no longer accepts it.
    Error,
}

impl From<aws_sdk_codeconnections::types::Connection> for Connection {
    fn from(connection: aws_sdk_codeconnections::types::Connection) -> Self {
        let provider = connection.provider_type;
        Self {
            name: connection.connection_name.unwrap_or_default(),
            arn: connection.connection_arn.unwrap_or_default(),
            provider: provider.map_or_else(String::new, |provider| provider.as_str().to_owned()),
            status: match connection.connection_status {
                Some(ConnectionStatus::Available) => Status::Available,
                Some(ConnectionStatus::Pending) => Status::Pending,
                _ => Status::Error,
            },
        }
    }
}

/// Returns the connection with this ARN; `None` if there is none.
pub(crate) async fn connection(session: &Session, arn: &str) -> Result<Option<Connection>, Error> {
    let asked = Client::new(session.config())
        .get_connection()
        .connection_arn(arn)
        .send()
        .await;
    match asked {
        Err(error) if error.code() == Some("ResourceNotFoundException") => Ok(None),
        asked => Ok(asked
            .map_err(|error| Error::new("CodeConnections GetConnection", error))?
            .connection
            .map(Connection::from)),
    }
}

/// Returns all connections of the account and region.
pub(crate) async fn connections(session: &Session) -> Result<Vec<Connection>, Error> {
    let mut pages = Client::new(session.config())
        .list_connections()
        .into_paginator()
        .send();
    let mut connections = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| Error::new("CodeConnections ListConnections", error))?;
        let found = page.connections.unwrap_or_default();
        connections.extend(found.into_iter().map(Connection::from));
    }
    Ok(connections)
}

/// Creates a connection, which is pending, and returns its ARN.
pub(crate) async fn create(
    session: &Session,
    name: &str,
    provider: &str,
    host: Option<&str>,
    tags: &BTreeMap<String, String>,
) -> Result<String, Error> {
    const CALL: &str = "CodeConnections CreateConnection";
    let tags: Result<Vec<_>, _> = tags
        .iter()
        .map(|(key, value)| Tag::builder().key(key).value(value).build())
        .collect();
    let tags = tags.map_err(|error| Error::incomplete(CALL, error))?;
    let request = Client::new(session.config())
        .create_connection()
        .connection_name(name)
        .set_host_arn(host.map(str::to_owned))
        .set_tags(Some(tags));
    // A host has its own provider, so it must not be given again.
    let provider = host.is_none().then(|| ProviderType::from(provider));
    let made = request.set_provider_type(provider).send().await;
    let made = made.map_err(|error| Error::new(CALL, error))?;
    Ok(made.connection_arn)
}

/// Returns the tags of a connection.
pub(crate) async fn tags(session: &Session, arn: &str) -> Result<BTreeMap<String, String>, Error> {
    let found = Client::new(session.config())
        .list_tags_for_resource()
        .resource_arn(arn)
        .send()
        .await
        .map_err(|error| Error::new("CodeConnections ListTagsForResource", error))?;
    let tags = found.tags.unwrap_or_default();
    Ok(tags.into_iter().map(|tag| (tag.key, tag.value)).collect())
}

/// Deletes a connection. If there is none, that is fine.
pub(crate) async fn delete(session: &Session, arn: &str) -> Result<(), Error> {
    let deleted = Client::new(session.config())
        .delete_connection()
        .connection_arn(arn)
        .send()
        .await;
    match deleted {
        Err(error) if error.code() == Some("ResourceNotFoundException") => Ok(()),
        deleted => deleted
            .map(|_| ())
            .map_err(|error| Error::new("CodeConnections DeleteConnection", error)),
    }
}
