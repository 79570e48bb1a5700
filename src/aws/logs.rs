//! CloudWatch Logs: log groups and their lines.

use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::error::ProvideErrorMetadata as _;
use aws_sdk_cloudwatchlogs::types::OutputLogEvent;

use super::error::Error;
use super::session::Session;

/// A log group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogGroup {
    pub(crate) name: String,
    /// How many bytes it stores.
    pub(crate) bytes: u64,
}

/// Returns the last lines of a stream, at most `count`; none if there is no such stream.
pub(crate) async fn tail(
    session: &Session,
    group: &str,
    stream: &str,
    count: i32,
) -> Result<Vec<String>, Error> {
    let asked = Client::new(session.config())
        .get_log_events()
        .log_group_name(group)
        .log_stream_name(stream)
        .limit(count)
        .start_from_head(false)
        .send()
        .await;
    match asked {
        Err(error) if error.code() == Some("ResourceNotFoundException") => Ok(Vec::new()),
        asked => {
            let found = asked.map_err(|error| Error::new("CloudWatch Logs GetLogEvents", error))?;
            Ok(lines(found.events.unwrap_or_default()))
        }
    }
}

/// Returns all lines of a stream after `token`, oldest first, and the token after them.
pub(crate) async fn after(
    session: &Session,
    group: &str,
    stream: &str,
    token: Option<String>,
) -> Result<(Vec<String>, Option<String>), Error> {
    let client = Client::new(session.config());
    let (mut all, mut token) = (Vec::new(), token);
    loop {
        let asked = client
            .get_log_events()
            .log_group_name(group)
            .log_stream_name(stream)
            .start_from_head(true)
            .set_next_token(token.clone())
            .send()
            .await;
        let found = match asked {
            Err(error) if error.code() == Some("ResourceNotFoundException") => {
                return Ok((all, token));
            }
            asked => asked.map_err(|error| Error::new("CloudWatch Logs GetLogEvents", error))?,
        };
        all.extend(lines(found.events.unwrap_or_default()));
        // At the end, the token stays the same.
        let is_end = found.next_forward_token == token;
        token = found.next_forward_token;
        if is_end {
            return Ok((all, token));
        }
    }
}

fn lines(events: Vec<OutputLogEvent>) -> Vec<String> {
    let messages = events.into_iter().filter_map(|event| event.message);
    messages
        .map(|message| message.trim_end_matches(['\r', '\n']).to_owned())
        .collect()
}

/// Returns the log groups whose names start with `prefix`.
pub(crate) async fn groups(session: &Session, prefix: &str) -> Result<Vec<LogGroup>, Error> {
    let mut pages = Client::new(session.config())
        .describe_log_groups()
        .log_group_name_prefix(prefix)
        .into_paginator()
        .send();
    let mut groups = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| Error::new("CloudWatch Logs DescribeLogGroups", error))?;
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
