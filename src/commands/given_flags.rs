//! The flags on the command line, and the targets that they are for.

use clap::ArgMatches;
use clap::parser::ValueSource;

use crate::error::Failure;

use super::target::TargetKind;

/// The heading of flags for the stage on this machine.
pub(super) const LOCAL_OPTIONS: &str = "Options for the stage local";
/// The heading of flags for stages on AWS.
pub(super) const CLOUD_OPTIONS: &str = "Options for stages on AWS";
/// The heading of flags for the pipeline.
pub(super) const PIPELINE_OPTIONS: &str = "Options for the pipeline";
/// The heading of flags for all commands, which say where and as whom AWS is called.
const GLOBAL_OPTIONS: &str = "Global options";

/// The flags on the command line, with their headings in the help. The heading says which targets a flag is for.
#[derive(Debug, Default)]
pub(crate) struct GivenFlags(Vec<Given>);

#[derive(Debug)]
struct Given {
    flag: String,
    heading: Option<String>,
}

impl GivenFlags {
    /// Finds the flags that were given to the innermost command.
    pub(crate) fn new(definition: &clap::Command, matches: &ArgMatches) -> Self {
        if let Some((name, inner)) = matches.subcommand()
            && let Some(command) = definition.find_subcommand(name)
        {
            let mut given = Self::new(command, inner);
            given.add(definition, inner);
            return given;
        }
        let mut given = Self::default();
        given.add(definition, matches);
        given
    }

    fn add(&mut self, command: &clap::Command, matches: &ArgMatches) {
        for argument in command.get_arguments() {
            let id = argument.get_id().as_str();
            let is_known = matches.try_contains_id(id).is_ok();
            let is_given = is_known && matches.value_source(id) == Some(ValueSource::CommandLine);
            if let (true, Some(long)) = (is_given, argument.get_long()) {
                self.0.push(Given {
                    flag: format!("--{long}"),
                    heading: argument.get_help_heading().map(str::to_owned),
                });
            }
        }
    }

    /// Refuses flags that mean nothing for the target.
    ///
    /// # Errors
    /// Wrong usage.
    pub(super) fn check(&self, target: TargetKind) -> Result<(), Failure> {
        let misplaced = self.0.iter().find_map(|given| {
            let owners = owners(given.heading.as_deref()?, target)?;
            Some((&given.flag, owners))
        });
        misplaced.map_or(Ok(()), |(flag, owners)| {
            Err(
                Failure::usage(format!("{flag} is only for {owners}, not for {target}"))
                    .hint("leave it out"),
            )
        })
    }
}

/// Returns the targets that a heading's flags are for, unless `target` is one of them.
fn owners(heading: &str, target: TargetKind) -> Option<&'static str> {
    let (owners, is_for_target) = match heading {
        LOCAL_OPTIONS => ("the stage local", target == TargetKind::Local),
        CLOUD_OPTIONS => (
            "stages on AWS",
            matches!(target, TargetKind::Cloud | TargetKind::All),
        ),
        PIPELINE_OPTIONS => ("the pipeline", target == TargetKind::Pipeline),
        GLOBAL_OPTIONS => ("AWS", target != TargetKind::Local),
        _ => return None,
    };
    (!is_for_target).then_some(owners)
}
