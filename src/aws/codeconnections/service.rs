//! The service under one of its names. Both have the same operations and types, in SDKs that share none.

/// Defines a module with what umb asks of the service whose SDK it imports as `sdk`. Errors call the service `$title`.
macro_rules! service {
    ($(#[$doc:meta])* $module:ident, $title:literal, $import:item) => {
        $(#[$doc])*
        pub(super) mod $module {
            use std::collections::BTreeMap;

            $import

            use sdk::Client;
            use sdk::error::ProvideErrorMetadata as _;
            use sdk::types::{self, ConnectionStatus, ProviderType, Tag};

            use crate::aws::error::Error;
            use crate::aws::session::Session;

            use super::super::connection::{Connection, Status};

            impl From<types::Connection> for Connection {
                fn from(connection: types::Connection) -> Self {
                    let provider = connection.provider_type;
                    let provider = provider.map(|provider| provider.as_str().to_owned());
                    Self {
                        name: connection.connection_name.unwrap_or_default(),
                        arn: connection.connection_arn.unwrap_or_default(),
                        provider: provider.unwrap_or_default(),
                        status: match connection.connection_status {
                            Some(ConnectionStatus::Available) => Status::Available,
                            Some(ConnectionStatus::Pending) => Status::Pending,
                            _ => Status::Error,
                        },
                    }
                }
            }

            pub(in crate::aws::codeconnections) async fn connection(
                session: &Session,
                arn: &str,
            ) -> Result<Option<Connection>, Error> {
                let asked = Client::new(session.config())
                    .get_connection()
                    .connection_arn(arn)
                    .send()
                    .await;
                match asked {
                    Err(error) if error.code() == Some("ResourceNotFoundException") => Ok(None),
                    asked => Ok(asked
                        .map_err(|error| Error::new(concat!($title, " GetConnection"), error))?
                        .connection
                        .map(Connection::from)),
                }
            }

            pub(in crate::aws::codeconnections) async fn connections(
                session: &Session,
            ) -> Result<Vec<Connection>, Error> {
                let mut pages = Client::new(session.config())
                    .list_connections()
                    .into_paginator()
                    .send();
                let mut connections = Vec::new();
                while let Some(page) = pages.next().await {
                    let page = page
                        .map_err(|error| Error::new(concat!($title, " ListConnections"), error))?;
                    let found = page.connections.unwrap_or_default();
                    connections.extend(found.into_iter().map(Connection::from));
                }
                Ok(connections)
            }

            pub(in crate::aws::codeconnections) async fn create(
                session: &Session,
                name: &str,
                provider: &str,
                host: Option<&str>,
                tags: &BTreeMap<String, String>,
            ) -> Result<String, Error> {
                const CALL: &str = concat!($title, " CreateConnection");
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

            pub(in crate::aws::codeconnections) async fn tags(
                session: &Session,
                arn: &str,
            ) -> Result<BTreeMap<String, String>, Error> {
                let found = Client::new(session.config())
                    .list_tags_for_resource()
                    .resource_arn(arn)
                    .send()
                    .await
                    .map_err(|error| Error::new(concat!($title, " ListTagsForResource"), error))?;
                let tags = found.tags.unwrap_or_default();
                Ok(tags.into_iter().map(|tag| (tag.key, tag.value)).collect())
            }

            pub(in crate::aws::codeconnections) async fn delete(
                session: &Session,
                arn: &str,
            ) -> Result<(), Error> {
                let deleted = Client::new(session.config())
                    .delete_connection()
                    .connection_arn(arn)
                    .send()
                    .await;
                match deleted {
                    Err(error) if error.code() == Some("ResourceNotFoundException") => Ok(()),
                    deleted => deleted
                        .map(|_| ())
                        .map_err(|error| Error::new(concat!($title, " DeleteConnection"), error)),
                }
            }
        }
    };
}

service!(
    /// Under its name since 2024.
    current, "CodeConnections", use aws_sdk_codeconnections as sdk;
);
service!(
    /// Under its former name, which policies may still have.
    former, "CodeStar Connections", use aws_sdk_codestarconnections as sdk;
);
