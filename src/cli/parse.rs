//! Reads the command line.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _, Parser};

use crate::commands::{Command, GivenFlags, Invocation};
use crate::model::Region;
use crate::settings::Flags;

use super::help;

/// Deploy, run, use and destroy a serverless user-management backend, on AWS or on this machine
#[derive(Debug, Parser)]
#[command(name = "umb", version, propagate_version = true, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    global: GlobalArgs,
    #[command(subcommand)]
    command: Command,
}

/// Where and as whom AWS is called.
#[derive(Debug, clap::Args)]
struct GlobalArgs {
    /// The AWS region [default: AWS_REGION, the stage's in umb.toml, the profile's]
    #[arg(long, global = true, help_heading = help::GLOBAL_OPTIONS)]
    region: Option<Region>,
    /// The named profile of the shared AWS configuration [default: AWS_PROFILE, the stage's in umb.toml]
    #[arg(long, global = true, help_heading = help::GLOBAL_OPTIONS)]
    profile: Option<String>,
}

/// What a command line says.
pub(super) enum Parsed {
    Invocation(Box<Invocation>),
    /// Help, or a version.
    Text(String),
    /// What is wrong with it.
    Misuse(String),
}

/// Reads the command line.
pub(super) fn parse(args: impl IntoIterator<Item = OsString>) -> Parsed {
    let definition = help::with_groups(Cli::command());
    let read = definition
        .clone()
        .try_get_matches_from(args)
        .and_then(|matches| {
            let given = GivenFlags::new(&definition, &matches);
            let verb = verb(&matches);
            Ok((Cli::from_arg_matches(&matches)?, given, verb))
        });
    match read {
        Ok((Cli { global, command }, given, verb)) => Parsed::Invocation(Box::new(Invocation {
            command,
            verb,
            flags: Flags {
                region: global.region,
                profile: global.profile,
            },
            given,
        })),
        Err(error) if error.use_stderr() => Parsed::Misuse(explained(&definition, error)),
        Err(error) => Parsed::Text(error.render().ansi().to_string()),
    }
}

/// The names of the commands that were given, each inside the one before.
fn verb(matches: &ArgMatches) -> String {
    let first = matches.subcommand();
    let names = std::iter::successors(first, |(_, inner)| inner.subcommand());
    let names: Vec<_> = names.map(|(name, _)| name).collect();
    names.join(" ")
}

/// Returns clap's message, with a hint for a flag that other tools have, and without suggestions of hidden commands.
fn explained(definition: &clap::Command, mut error: clap::Error) -> String {
    if let Some(ContextValue::Strings(suggested)) = error.get(ContextKind::SuggestedSubcommand) {
        let visible: Vec<_> = suggested
            .iter()
            .filter(|name| !is_hidden(definition, name))
            .cloned()
            .collect();
        error.remove(ContextKind::SuggestedSubcommand);
        if !visible.is_empty() {
            let visible = ContextValue::Strings(visible);
            error.insert(ContextKind::SuggestedSubcommand, visible);
        }
    }
    // Nobody who mistypes a flag means it as a value.
    error.remove(ContextKind::Suggested);
    let is_dry_run = error.kind() == ErrorKind::UnknownArgument
        && matches!(error.get(ContextKind::InvalidArg), Some(ContextValue::String(flag)) if flag == "--dry-run");
    // Where a suggestion was removed, its empty line stays.
    let text = error.render().ansi().to_string().replace("\n\n\n", "\n\n");
    if is_dry_run {
        format!(
            "{}\n\n{}hint:{:#} `umb plan` shows what a deploy would change, and changes nothing",
            text.trim_end(),
            crate::ui::HINT,
            crate::ui::HINT
        )
    } else {
        text
    }
}

/// Whether a command of this name is hidden, at any level.
fn is_hidden(command: &clap::Command, name: &str) -> bool {
    command.get_subcommands().any(|subcommand| {
        (subcommand.get_name() == name && subcommand.is_hide_set()) || is_hidden(subcommand, name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        help::with_groups(Cli::command()).debug_assert();
    }

    #[test]
    fn a_commands_name_has_those_around_it() {
        let line = ["umb", "pipeline", "watch", "--json"].map(OsString::from);
        let Parsed::Invocation(invocation) = parse(line) else {
            panic!("refused");
        };
        assert_eq!(invocation.verb, "pipeline watch");
    }

    #[test]
    fn the_help_of_every_command_has_examples() {
        let mut definition = help::with_groups(Cli::command()).term_width(80);
        definition.build();
        check(&mut definition, "umb");
    }

    /// Compares the help of a command, and of every visible one below it, with the recorded one.
    fn check(command: &mut clap::Command, name: &str) {
        let help = command.render_long_help().to_string();
        insta::assert_snapshot!(name.replace(' ', "_"), help);
        let examples = help
            .split_once("\nExamples:\n")
            .map(|(_, examples)| examples);
        assert!(
            command.has_subcommands() || examples.is_some(),
            "`{name} --help` has no examples"
        );
        for line in examples.unwrap_or_default().lines() {
            assert!(
                line.is_empty() || line.starts_with("  umb "),
                "a long example: {line}"
            );
        }
        for subcommand in command
            .get_subcommands_mut()
            .filter(|command| !command.is_hide_set())
        {
            let name = format!("{name} {}", subcommand.get_name());
            if subcommand.get_name() != "help" {
                check(subcommand, &name);
            }
        }
    }

    #[test]
    fn a_hidden_command_is_never_suggested() {
        for args in [&["umb", "local-serve"][..], &["umb", "pipeline", "packag"]] {
            let Parsed::Misuse(text) = parse(args.iter().map(OsString::from)) else {
                panic!("{args:?} is valid");
            };
            assert!(
                !text.contains("local-server") && !text.contains("package"),
                "{text}"
            );
        }
    }

    #[test]
    fn a_dry_run_is_a_plan() {
        let args = ["umb", "deploy", "dev", "--dry-run"];
        let Parsed::Misuse(text) = parse(args.iter().map(OsString::from)) else {
            panic!("{args:?} is valid");
        };
        assert!(
            text.contains("`umb plan`") && !text.contains("as a value"),
            "{text}"
        );
    }
}
