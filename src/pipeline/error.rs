//! What can go wrong around the pipeline.

use crate::{aws, deploy, template};

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
    #[error("there is no pipeline {pipeline} (account {account}, {region})")]
    NoPipeline {
        pipeline: String,
        account: String,
        region: String,
    },
    #[error("{pipeline} has no execution {id}")]
    NoExecution { pipeline: String, id: String },
    #[error("the execution {id} has ended already")]
    HasEnded { id: String },
    #[error("there is nothing to {verb} of {pipeline}")]
    NothingTo {
        pipeline: String,
        verb: &'static str,
    },
    #[error("approvals wait in {}", stages.join(", "))]
    SeveralWait { stages: Vec<String> },
    #[error("the pipeline has no stage {stage}")]
    NoStage { stage: String, known: Vec<String> },
    #[error("the execution {execution} has no build{} whose log can be shown", of(wanted.as_ref()))]
    NoBuild {
        execution: String,
        wanted: Option<String>,
    },
    #[error(transparent)]
    Deploy(#[from] deploy::Error),
    #[error(transparent)]
    Template(#[from] template::Error),
    #[error(transparent)]
    Aws(#[from] aws::Error),
}

fn of(wanted: Option<&String>) -> String {
    wanted.map_or_else(String::new, |wanted| format!(" of {wanted}"))
}
