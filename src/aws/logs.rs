//! CloudWatch Logs: which log groups are there.

use aws_sdk_cloudwatchlogs::Client;

use super::{Error, Session};

/// A log group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogGroup {
    pub(crate) name: String,
    /// How many bytes are stored in it.
    pub(crate) bytes: u64,
}

/// The log groups whose names begin with `prefix`.
pub(crate) async fn groups(session: &Session, prefix: &str) -> Result<Vec<LogGroup>, Error> {
    let mut pages = Client::new(session.config())
        .describe_log_groups()
        .log_group_name_prefix(prefix)
        .into_paginator()
        .send();
    let mut groups = Vec::new();
    while let Some(page) = pages.next().await {
        let page =
            page.map_err(|error| Error::of_call("CloudWatch Logs DescribeLogGroups", error))?;
        groups.extend(
            page.log_groups
                .unwrap_or_default()
                .into_iter()
                .map(|group| LogGroup {
                    name: group.log_group_name.unwrap_or_default(),
                    bytes: u64::try_from(group.stored_bytes.unwrap_or(0)).unwrap_or(0),
                }),
        );
    }
    Ok(groups)
}
