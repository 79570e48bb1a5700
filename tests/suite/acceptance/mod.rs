//! The acceptance run: the whole life of an app in a real account, as docs/acceptance.md says. In CI the same run is made
//! on emulators, so that it stays current.

mod account;
mod consent;
mod interruption;
mod place;
mod report;
mod run;
mod steps;
mod tests;

use std::io;

use account::Account;
use interruption::Interruption;
use place::Place;
use report::Report;
use run::{PREFIX, app_name, apps_in, clean_up, run};

#[test]
#[ignore = "needs an AWS account: see docs/acceptance.md"]
fn on_aws() {
    let account = Account::of_the_environment();
    let app = app_name();
    consent::ask_for(&account, &consent::to_run(&app), &mut io::stdin().lock()).unwrap();
    run(&Place::aws(account, &app), &Interruption::listen());
}

#[test]
#[ignore = "needs an AWS account: see docs/acceptance.md"]
fn clean_up_on_aws() {
    let account = Account::of_the_environment();
    let apps = apps_in(&account);
    if apps.is_empty() {
        Report::Direct.line(&format!("there is nothing of an app {PREFIX}…"));
        return;
    }
    let what = consent::to_destroy(&apps);
    consent::ask_for(&account, &what, &mut io::stdin().lock()).unwrap();
    let left: Vec<_> = apps
        .iter()
        .flat_map(|app| clean_up(&Place::aws(account.clone(), app)))
        .collect();
    assert_eq!(left, [""; 0]);
}

#[test]
fn on_emulators() {
    run(&Place::emulators(&app_name()), &Interruption::never());
}
