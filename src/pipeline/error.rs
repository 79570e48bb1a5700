//! What can go wrong around the pipeline.

use crate::aws;

/// A failure around the pipeline.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("there is no connection {connection} (account {account}, {region})")]
    NoConnection {
        connection: String,
        account: String,
        region: String,
    },
    #[error("there are {count} connections that are called {name}")]
    Ambiguous { name: String, count: usize },
    #[error("the connection {name} is one to {actual}, not to {wanted}")]
    OtherProvider {
        name: String,
        actual: String,
        wanted: &'static str,
    },
    #[error("the connection {name} is in use: {}", pipelines.join(", "))]
    ConnectionInUse {
        name: String,
        pipelines: Vec<String>,
    },
    #[error("the connection {name} was deleted, or its provider takes it no more")]
    ConnectionBroken { name: String },
    #[error(transparent)]
    Aws(#[from] aws::Error),
}
