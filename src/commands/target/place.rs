//! Where a command works, said before it does.

use crate::aws::AwsEnv;
use crate::stack::Event;
use crate::ui::Ui;

/// Says where `what` will be, and by whom: credentials and region may come from places that a person does not think of.
pub(in crate::commands) fn announce(what: &str, env: &AwsEnv, ui: &Ui) {
    let (account, region, caller) = (env.account(), env.region(), env.caller());
    let text = format!("{what}: account {account}, {region}, as {caller}");
    ui.reporter().report(Event::Note { text });
}
