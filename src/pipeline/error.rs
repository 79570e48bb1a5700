//! What an operation on the pipeline can end in, other than success.

use std::io;
use std::path::PathBuf;

use crate::model::{AccountId, Region};
use crate::wait::Outage;
use crate::{aws, stack, template};

/// A failed operation on the pipeline, its connection or its roles.
#[derive(Debug, thiserror::Error)]
#[cfg_attr(test, derive(strum::AsRefStr, strum::VariantNames))]
pub(crate) enum Error {
    /// The error says which file.
    #[error(transparent)]
    File(#[from] io::Error),
    #[error("{} cannot run in the pipeline: {reason}", path.display())]
    UnfitRunner {
        path: PathBuf,
        /// Whether it is this very umb.
        is_own: bool,
        reason: String,
    },
    #[error("{} is of a newer umb", path.display())]
    UnknownFormat { path: PathBuf },
    #[error("there is no connection {connection} (account {account}, {region})")]
    NoConnection {
        connection: String,
        account: AccountId,
        region: Region,
    },
    #[error("there are {count} connections with the name {name}")]
    Ambiguous { name: String, count: usize },
    #[error("the connection {name} is to {actual}, not to {wanted}")]
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
    #[error("the connection {name} was deleted, or its provider rejected it")]
    ConnectionBroken { name: String, provider: String },
    #[error("there is no pipeline {pipeline} (account {account}, {region})")]
    NoPipeline {
        pipeline: String,
        account: AccountId,
        region: Region,
    },
    #[error("{pipeline} has no execution {id}")]
    NoExecution { pipeline: String, id: String },
    #[error("the execution {id} has already ended")]
    HasEnded { id: String },
    #[error("there is nothing to {verb} in {pipeline}")]
    NothingTo {
        pipeline: String,
        verb: &'static str,
    },
    #[error("the newest execution of {pipeline} was not refused for {digest}")]
    NothingRefused { pipeline: String, digest: String },
    #[error("several stages wait for approval: {}", stages.join(", "))]
    SeveralWait { stages: Vec<String> },
    #[error("the pipeline has no stage {stage} that can be rolled back")]
    NoStage { stage: String, known: Vec<String> },
    #[error("the execution {execution} has no build with a log{}", of(wanted.as_ref()))]
    NoBuild {
        execution: String,
        wanted: Option<String>,
    },
    #[error(transparent)]
    Stack(#[from] stack::Error),
    #[error(transparent)]
    Template(#[from] template::Error),
    #[error(transparent)]
    Aws(#[from] aws::Error),
}

impl Outage for Error {
    fn is_outage(&self) -> bool {
        matches!(self, Self::Aws(error) | Self::Stack(stack::Error::Aws(error)) if error.is_outage())
    }
}

fn of(wanted: Option<&String>) -> String {
    wanted.map_or_else(String::new, |wanted| format!(" called {wanted}"))
}
