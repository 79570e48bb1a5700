//! Sends records through the API: one request each, or a few.

use std::sync::Arc;
use std::time::Instant;

use http::Method;

use umb_handler::json::are_equal;

use crate::client::{Call, Client, Error as ApiError};
use crate::wait::{Pace, Pauses};

use super::conflict::OnConflict;
use super::error::Error;
use super::limiter::SharedLimiter;
use super::page::RETRY_FOR;
use super::record::{Outcome, Record};

/// Sends records one by one.
#[derive(Debug)]
pub(super) struct ApiSender {
    pub(super) client: Arc<Client>,
    pub(super) on_conflict: OnConflict,
    /// Records up to this one may have been sent by an earlier run.
    pub(super) uncertain_up_to: u64,
    pub(super) limiter: SharedLimiter,
}

impl ApiSender {
    /// Sends a record; returns what became of it.
    pub(super) async fn send(&self, record: &Record) -> Result<Outcome, Error> {
        let rejected = |reason: String| record.rejected(reason);
        // The check that the API makes, without the request.
        let user = match record.valid() {
            Ok(user) => user,
            Err(reason) => return Ok(rejected(reason)),
        };
        let text = record.user.as_deref().unwrap_or_default();
        let username = user.username().as_str();
        let (created, was_uncertain) = self
            .persist(&Call::new(Method::POST, "users").body(text))
            .await?;
        let is_uncertain = was_uncertain || record.end.records <= self.uncertain_up_to;
        Ok(match created {
            Ok(_) => Outcome::Created,
            Err(error) if error.status() != Some(409) => rejected(error.to_string()),
            Err(_) if is_uncertain && self.exists_as(username, text).await? => Outcome::Created,
            Err(error) => match self.on_conflict {
                OnConflict::Skip => Outcome::Skipped,
                OnConflict::Fail => rejected(error.to_string()),
                OnConflict::Update => {
                    let call = Call::of_user(Method::PUT, username).body(text);
                    match self.persist(&call).await?.0 {
                        Ok(_) => Outcome::Updated,
                        Err(error) => rejected(error.to_string()),
                    }
                }
            },
        })
    }

    /// Whether the user exists and equals `text`.
    async fn exists_as(&self, username: &str, text: &str) -> Result<bool, Error> {
        let (found, _) = self.persist(&Call::of_user(Method::GET, username)).await?;
        Ok(found.is_ok_and(|body| are_equal(&body, text)))
    }

    /// Sends a request until it gets a definite answer; returns the body or the refusal, and whether an earlier attempt may
    /// have succeeded without an answer.
    async fn persist(&self, call: &Call) -> Result<(Result<String, ApiError>, bool), Error> {
        let mut is_uncertain = false;
        let first = Instant::now();
        let mut pauses = Pauses::new(Pace::REQUEST);
        loop {
            let started = Instant::now();
            let answered = self.client.ask(call).await;
            match answered {
                Err(error) if error.is_transient() && first.elapsed() > RETRY_FOR => {
                    return Err(Error::Stopped(error));
                }
                Err(error) if error.is_transient() => {
                    is_uncertain |= !error.was_not_done();
                    self.limiter.refused(started);
                    pauses.wait().await;
                }
                Err(error) if error.status().is_none() => return Err(Error::Api(error)),
                answered => {
                    self.limiter.succeeded();
                    return Ok((answered.map(|answer| answer.body), is_uncertain));
                }
            }
        }
    }
}
