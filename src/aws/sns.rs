//! SNS: who is told of what a topic gets.

use aws_sdk_sns::Client;

use super::error::Error;
use super::session::Session;

/// What SNS has in place of the ARN of a subscription that nobody has confirmed yet:
/// <https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html>.
const PENDING: &str = "PendingConfirmation";

/// Returns the addresses that a topic does not tell yet, because nobody has confirmed their subscriptions.
pub(crate) async fn unconfirmed(session: &Session, topic_arn: &str) -> Result<Vec<String>, Error> {
    let mut pages = Client::new(session.config())
        .list_subscriptions_by_topic()
        .topic_arn(topic_arn)
        .into_paginator()
        .send();
    let mut unconfirmed = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| Error::new("SNS ListSubscriptionsByTopic", error))?;
        let pending = page.subscriptions.unwrap_or_default().into_iter();
        let pending = pending.filter(|one| one.subscription_arn.as_deref() == Some(PENDING));
        unconfirmed.extend(pending.filter_map(|one| one.endpoint));
    }
    Ok(unconfirmed)
}
