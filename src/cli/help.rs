//! The help of `umb` itself: commands grouped by task, environment variables and exit codes.

use std::fmt::Write as _;

/// The heading of the options that every command has.
pub(super) const GLOBAL_OPTIONS: &str = "Global options";

/// The commands by task.
const GROUPS: [(&str, &[&str]); 5] = [
    ("Deploy", &["plan", "deploy", "destroy", "outputs"]),
    ("Work with users", &["users"]),
    (
        "Find out what happened",
        &["status", "watch", "diagnose", "drift", "cancel", "rollback"],
    ),
    (
        "Deploy every commit",
        &["init", "connection", "bootstrap", "pipeline", "doctor"],
    ),
    (
        "Look inside",
        &["build", "synth", "artifact", "permissions"],
    ),
];

const AFTER: &str = "\
Environment variables:
  AWS_REGION, AWS_PROFILE, AWS_ACCESS_KEY_ID and the others that AWS SDKs read
  AWS_ENDPOINT_URL  Send every call to this address, such as an emulator's
  UMB_STAGE         The stage of `umb users` and `umb outputs`
  XDG_STATE_HOME    Where the local stage keeps its data [default: ~/.local/state]
  NO_COLOR          Do not color the output

Exit codes:
  0 done, 1 failed, 2 wrong usage, 3 declined, 4 something would change (--exit-code), 130 interrupted

`umb COMMAND --help` has examples. The README explains everything else; docs/json.md describes the JSON.";

/// Groups the commands in the help of `umb` itself.
pub(super) fn with_groups(mut command: clap::Command) -> clap::Command {
    let mut groups = String::new();
    for (title, names) in GROUPS {
        let _ = writeln!(groups, "\x1b[1m\x1b[4m{title}:\x1b[0m");
        for name in names {
            let subcommand = command.find_subcommand(name);
            let about = subcommand.and_then(clap::Command::get_about);
            let about = about.map(ToString::to_string).unwrap_or_default();
            let _ = writeln!(groups, "  \x1b[1m{name:<10}\x1b[0m  {about}");
        }
        groups.push('\n');
    }
    command = command
        .after_help(AFTER)
        .help_template(format!("{{about}}\n\n{{usage-heading}} {{usage}}\n\n{groups}\x1b[1m\x1b[4m{GLOBAL_OPTIONS}:\x1b[0m\n{{options}}{{after-help}}"));
    command
}
