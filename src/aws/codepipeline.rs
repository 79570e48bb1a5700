//! Pipelines: CodePipeline.

use aws_sdk_codepipeline::Client;

use super::{Error, Session};

/// The names of the pipelines of the account and region whose sources come through this connection.
pub(crate) async fn using(session: &Session, connection_arn: &str) -> Result<Vec<String>, Error> {
    let client = Client::new(session.config());
    let mut pages = client.list_pipelines().into_paginator().send();
    let mut using = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| Error::of_call("CodePipeline ListPipelines", error))?;
        for name in page
            .pipelines
            .unwrap_or_default()
            .into_iter()
            .filter_map(|found| found.name)
        {
            let described = client
                .get_pipeline()
                .name(&name)
                .send()
                .await
                .map_err(|error| Error::of_call("CodePipeline GetPipeline", error))?;
            let stages = described
                .pipeline
                .map_or_else(Vec::new, |pipeline| pipeline.stages);
            let uses = stages
                .iter()
                .flat_map(|stage| &stage.actions)
                .filter_map(|action| action.configuration.as_ref())
                .any(|settings| {
                    settings
                        .get("ConnectionArn")
                        .is_some_and(|arn| arn == connection_arn)
                });
            if uses {
                using.push(name);
            }
        }
    }
    Ok(using)
}
