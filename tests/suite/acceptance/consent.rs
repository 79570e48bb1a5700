//! What somebody agrees to before anything is created.

use std::io::BufRead;

use super::account::Account;
use super::report::Report;

/// How long a run takes, and what it costs: docs/acceptance.md says how that was counted.
const MINUTES: u32 = 60;
const CENTS: u32 = 30;

/// What a run does.
pub fn to_run(app: &str) -> String {
    format!(
        "This deploys, uses and destroys the app {app}. It takes about {MINUTES} minutes and costs less than {CENTS} cents (USD):\n\
         docs/acceptance.md says for what. Everything has the tag umb:app={app}."
    )
}

/// What cleaning up does.
pub fn to_destroy(apps: &[String]) -> String {
    format!(
        "This destroys what earlier runs have left, with all data: {}.",
        apps.join(", ")
    )
}

/// Says what will be done and where, and returns once the account's number was typed.
///
/// # Errors
/// Anything else was typed, or nothing.
pub fn ask_for(account: &Account, what: &str, answers: &mut impl BufRead) -> Result<(), String> {
    Report::Direct.line(&format!(
        "\n{what}\nAccount {}, region {}, as {}.",
        account.number, account.region, account.caller
    ));
    Report::Direct.text("The account's number, to agree: ");
    let mut answer = String::new();
    let _ = answers.read_line(&mut answer);
    if answer.trim() == account.number {
        return Ok(());
    }
    Err("that is not the account's number: nothing was created or destroyed".to_owned())
}
