//! Records through the API: one request each, or few.

use std::sync::Arc;
use std::time::Instant;

use http::Method;

use crate::api::{Call, Client, Error as ApiError};
use crate::wait::{Pace, Pauses};

use super::equal::are_equal;
use super::ledger::Outcome;
use super::limiter::Crowd;
use super::source::Record;
use super::{Error, OnConflict, PATIENCE};

/// Sends records one by one.
#[derive(Debug)]
pub(super) struct ApiRoad {
    pub(super) client: Arc<Client>,
    pub(super) on_conflict: OnConflict,
    /// Records up to this one may have been sent before.
    pub(super) uncertain_up_to: u64,
    pub(super) crowd: Crowd,
}

impl ApiRoad {
    /// Sends a record; answers what became of it.
    pub(super) async fn outcome(&self, record: &Record) -> Result<Outcome, Error> {
        let rejected = |reason: String| record.rejected(reason);
        // The very check of the API, without the way there.
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
            Err(_) if is_uncertain && self.is_there(username, text).await? => Outcome::Created,
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

    /// Whether the user is the very one that `text` describes.
    async fn is_there(&self, username: &str, text: &str) -> Result<bool, Error> {
        let (found, _) = self.persist(&Call::of_user(Method::GET, username)).await?;
        Ok(found.is_ok_and(|body| are_equal(&body, text)))
    }

    /// Sends a request until it is answered with more than "not now"; answers the body or the refusal, and
    /// whether an earlier try may have been done without an answer.
    async fn persist(&self, call: &Call) -> Result<(Result<String, ApiError>, bool), Error> {
        let mut is_uncertain = false;
        let first = Instant::now();
        let mut pauses = Pauses::of(Pace::REQUEST);
        loop {
            let begun = Instant::now();
            let answered = self.client.ask(call).await;
            match answered {
                Err(error) if error.is_transient() && first.elapsed() > PATIENCE => {
                    return Err(Error::Stopped(error));
                }
                Err(error) if error.is_transient() => {
                    is_uncertain |= !error.was_not_done();
                    self.crowd.was_refused(begun);
                    pauses.wait().await;
                }
                Err(error) if error.status().is_none() => return Err(Error::Api(error)),
                answered => {
                    self.crowd.went_well();
                    return Ok((answered.map(|answer| answer.body), is_uncertain));
                }
            }
        }
    }
}
