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

/// The apps of runs of which something is left in the account's region.
pub fn apps_in(account: &Account) -> Vec<String> {
    let prefix = PREFIX.to_lowercase();
    let mut names = account.names();
    names.extend(account.connections());
    let named = |name: String| {
        let name = name.to_lowercase();
        // These are in no region, or named by it.
        let is_elsewhere = name.starts_with("role ")
            || (name.starts_with("bucket ") && !name.contains(&account.region));
        let (_, rest) = name.split_once(&prefix)?;
        let digits = rest.get(..DIGITS)?;
        let is_app = !is_elsewhere && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        is_app.then(|| format!("{PREFIX}{digits}"))
    };
    let mut apps: Vec<_> = names.into_iter().filter_map(named).collect();
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
    let left = clean_up(place);
    if let Err(cause) = ended {
        resume_unwind(cause);
    }
    assert_eq!(left, [""; 0]);
    let duration = duration(started.elapsed());
    let steps = STEPS.len();
    place
        .report
        .line(&format!("all {steps} steps passed: {duration}"));
}

/// Destroys everything of the app, and returns what is left and why.
pub fn clean_up(place: &Place) -> Vec<String> {
    let app = &place.stages.app;
    let what = format!("{app} is being destroyed");
    let mut left = place.report.timed(&what, || steps::destroy(place));
    left.extend(
        place
            .report
            .timed("looking for what is left", || left_of(place, app)),
    );
    if left.is_empty() {
        place.report.line("nothing is left");
    } else {
        left.push("`cargo test --locked --test suite acceptance::clean_up_on_aws -- --exact --ignored` tries again".to_owned());
        place.report.line(&format!("left of {app}: {left:#?}"));
    }
    left
}

/// What is left of an app, but the role that API Gateway logs with: that is the account's, and is meant to stay. AWS may
/// still list for a while what it has deleted.
fn left_of(place: &Place, app: &str) -> Vec<String> {
    let app = app.to_lowercase();
    let started = Instant::now();
    loop {
        let mut names = place.names();
        names.retain(|name| {
            name.to_lowercase().contains(&app) && !name.contains("APIGatewayLogsRole")
        });
        if names.is_empty() || started.elapsed() > STILL_LISTED {
            return names;
        }
        thread::sleep(PAUSE);
    }
}
