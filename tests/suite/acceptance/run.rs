//! One run: its steps, and in any case what destroys everything and looks whether it is gone.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread;
use std::time::{Duration, Instant};

use super::account::Account;
use super::interruption::Interruption;
use super::place::Place;
use super::report::duration;
use super::steps::{self, STEPS};

/// What the names of all these apps begin with.
pub const PREFIX: &str = "UmbAccept";
/// How many hexadecimal digits follow.
const DIGITS: usize = 8;

/// How long AWS may list what it has deleted, and how often to look.
const STILL_LISTED: Duration = Duration::from_mins(5);
const PAUSE: Duration = Duration::from_secs(5);

/// A name that no other run has.
pub fn app_name() -> String {
    format!("{PREFIX}{:08x}", fastrand::u32(..))
}

/// The apps of runs of which something is left.
pub fn apps_in(account: &Account) -> Vec<String> {
    let prefix = PREFIX.to_lowercase();
    let named = |name: String| {
        let name = name.to_lowercase();
        let (_, rest) = name.split_once(&prefix)?;
        let digits = rest.get(..DIGITS)?;
        let is_number = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        is_number.then(|| format!("{PREFIX}{digits}"))
    };
    let mut apps: Vec<_> = left_with(account, &prefix)
        .into_iter()
        .filter_map(named)
        .collect();
    apps.sort_unstable();
    apps.dedup();
    apps
}

/// Goes through all steps, and then destroys everything, however they have ended.
pub fn run(place: &Place, interruption: &Interruption) {
    let started = Instant::now();
    let ended = catch_unwind(AssertUnwindSafe(|| {
        for (number, (name, step)) in (1..).zip(STEPS) {
            interruption.check();
            let name = format!("{number}/{} {name}", STEPS.len());
            place.report.timed(&name, || step(place));
        }
    }));
    clean_up(place);
    if let Err(cause) = ended {
        resume_unwind(cause);
    }
    let duration = duration(started.elapsed());
    place.report.line(&format!(
        "all {} steps passed, and nothing is left: {duration}",
        STEPS.len()
    ));
}

/// Destroys everything of the app, and fails the test if anything is left.
pub fn clean_up(place: &Place) {
    let app = &place.stages.app;
    let what = format!("{app} is destroyed, with all data");
    place.report.timed(&what, || steps::destroy(place));
    let left = place
        .report
        .timed("nothing is left", || left_of(place, app));
    assert!(
        left.is_empty(),
        "left of {app}, to be destroyed by `cargo test --locked --test suite acceptance::clean_up_on_aws -- --exact --ignored`: {left:#?}"
    );
}

/// What there is with this in its name, but the role that API Gateway logs with: that is the account's, and is meant to
/// stay.
fn left_with(account: &Account, part: &str) -> Vec<String> {
    let part = part.to_lowercase();
    let mut names = account.names();
    names
        .retain(|name| name.to_lowercase().contains(&part) && !name.contains("APIGatewayLogsRole"));
    names
}

/// What is left of an app. AWS may still list for a while what it has deleted.
fn left_of(place: &Place, app: &str) -> Vec<String> {
    let started = Instant::now();
    loop {
        let names = left_with(&place.account, app);
        if names.is_empty() || started.elapsed() > STILL_LISTED {
            return names;
        }
        thread::sleep(PAUSE);
    }
}
