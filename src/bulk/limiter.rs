//! How many requests are under way at once: as many as the stage takes.
//!
//! Additive increase, multiplicative decrease, as TCP does it (RFC 5681): a little more after every round that
//! went well, half after one that the stage refused.

use std::sync::Mutex;
use std::time::Instant;

/// At the start.
const FIRST: usize = 8;
/// At the most.
const MOST: usize = 64;

/// The number that is right now.
#[derive(Debug)]
struct Limiter {
    limit: usize,
    /// How many went well since it last became larger.
    well: usize,
    /// When it last became smaller: what was begun before says nothing new.
    shrunk: Option<Instant>,
}

impl Default for Limiter {
    fn default() -> Self {
        Self {
            limit: FIRST,
            well: 0,
            shrunk: None,
        }
    }
}

impl Limiter {
    fn limit(&self) -> usize {
        self.limit
    }

    /// A request went well.
    fn went_well(&mut self) {
        self.well += 1;
        if self.well >= self.limit {
            self.well = 0;
            self.limit = MOST.min(self.limit + 1);
        }
    }

    /// A request that was begun then was refused because there were too many.
    fn was_refused(&mut self, begun: Instant, now: Instant) {
        if self.shrunk.is_none_or(|shrunk| begun > shrunk) {
            self.limit = 1.max(self.limit / 2);
            self.well = 0;
            self.shrunk = Some(now);
        }
    }
}

/// A limiter that all requests of an import share.
#[derive(Debug, Default)]
pub(super) struct Crowd(Mutex<Limiter>);

impl Crowd {
    pub(super) fn limit(&self) -> usize {
        self.0.lock().map_or(1, |limiter| limiter.limit())
    }

    pub(super) fn went_well(&self) {
        if let Ok(mut limiter) = self.0.lock() {
            limiter.went_well();
        }
    }

    pub(super) fn was_refused(&self, begun: Instant) {
        if let Ok(mut limiter) = self.0.lock() {
            limiter.was_refused(begun, Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn it_grows_by_one_a_round_and_never_beyond_its_end() {
        let mut limiter = Limiter::default();
        (0..FIRST).for_each(|_| limiter.went_well());
        assert_eq!(limiter.limit(), FIRST + 1);
        (0..100_000).for_each(|_| limiter.went_well());
        assert_eq!(limiter.limit(), MOST);
    }

    #[test]
    fn one_crowd_that_is_refused_halves_it_once() {
        let mut limiter = Limiter::default();
        let begun = Instant::now();
        let refused = begun + Duration::from_secs(1);
        (0..FIRST).for_each(|_| limiter.was_refused(begun, refused));
        assert_eq!(limiter.limit(), FIRST / 2);
        let later = refused + Duration::from_secs(1);
        for number in 0..10 {
            let moment = later + Duration::from_secs(number);
            limiter.was_refused(moment, moment);
        }
        assert_eq!(limiter.limit(), 1);
    }
}
