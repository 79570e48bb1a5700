//! Limits how many requests run at the same time: as many as the stage takes.
//!
//! Additive increase, multiplicative decrease, as TCP does it (RFC 5681): one more after every round that succeeded, half
//! after one that the stage refused.

use std::sync::Mutex;
use std::time::Instant;

/// The limit at the start.
const FIRST: usize = 8;
/// The highest limit.
const MOST: usize = 64;

/// The current limit.
#[derive(Debug)]
struct Limiter {
    limit: usize,
    /// How many requests succeeded since the limit was raised last.
    succeeded: usize,
    /// When the limit was lowered last. Requests that were started before say nothing new.
    lowered: Option<Instant>,
}

impl Default for Limiter {
    fn default() -> Self {
        Self {
            limit: FIRST,
            succeeded: 0,
            lowered: None,
        }
    }
}

impl Limiter {
    fn limit(&self) -> usize {
        self.limit
    }

    /// Notes a request that succeeded.
    fn succeeded(&mut self) {
        self.succeeded += 1;
        if self.succeeded >= self.limit {
            self.succeeded = 0;
            self.limit = MOST.min(self.limit + 1);
        }
    }

    /// Notes a request, started at `started`, that was refused because there were too many.
    fn refused(&mut self, started: Instant, now: Instant) {
        if self.lowered.is_none_or(|lowered| started > lowered) {
            self.limit = 1.max(self.limit / 2);
            self.succeeded = 0;
            self.lowered = Some(now);
        }
    }
}

/// A limiter that all requests of an import share.
#[derive(Debug, Default)]
pub(super) struct SharedLimiter(Mutex<Limiter>);

impl SharedLimiter {
    pub(super) fn limit(&self) -> usize {
        self.0.lock().map_or(1, |limiter| limiter.limit())
    }

    pub(super) fn succeeded(&self) {
        if let Ok(mut limiter) = self.0.lock() {
            limiter.succeeded();
        }
    }

    pub(super) fn refused(&self, started: Instant) {
        if let Ok(mut limiter) = self.0.lock() {
            limiter.refused(started, Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn it_grows_by_one_a_round_up_to_a_maximum() {
        let mut limiter = Limiter::default();
        (0..FIRST).for_each(|_| limiter.succeeded());
        assert_eq!(limiter.limit(), FIRST + 1);
        (0..100_000).for_each(|_| limiter.succeeded());
        assert_eq!(limiter.limit(), MOST);
    }

    #[test]
    fn a_round_that_is_refused_halves_it_once() {
        let mut limiter = Limiter::default();
        let started = Instant::now();
        let refused = started + Duration::from_secs(1);
        (0..FIRST).for_each(|_| limiter.refused(started, refused));
        assert_eq!(limiter.limit(), FIRST / 2);
        let later = refused + Duration::from_secs(1);
        for number in 0..10 {
            let moment = later + Duration::from_secs(number);
            limiter.refused(moment, moment);
        }
        assert_eq!(limiter.limit(), 1);
    }
}
