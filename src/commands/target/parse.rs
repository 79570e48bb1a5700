//! Which target a command line names.

use std::fmt;

use crate::error::Failure;
use crate::model::{StageName, StageSpec};
use crate::settings::Settings;

/// What a command works on.
#[derive(Debug)]
pub(in crate::commands) enum Target<'a> {
    /// The stage on this machine.
    Local,
    /// A stage on AWS.
    Cloud(&'a StageSpec),
    Pipeline,
    /// Every stage, the pipeline and what they share.
    All,
}

/// The kind of a target, by which flags are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::commands) enum TargetKind {
    Local,
    Cloud,
    Pipeline,
    All,
}

impl fmt::Display for TargetKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Local => "the stage local, which is on this machine",
            Self::Cloud => "a stage on AWS",
            Self::Pipeline => "the pipeline",
            Self::All => "all",
        })
    }
}

impl<'a> Target<'a> {
    /// Reads a target's name.
    ///
    /// # Errors
    /// When there is no such stage.
    pub(in crate::commands) fn parse(name: &str, settings: &'a Settings) -> Result<Self, Failure> {
        match name {
            StageName::LOCAL => Ok(Self::Local),
            "pipeline" => Ok(Self::Pipeline),
            "all" => Ok(Self::All),
            name => Ok(Self::Cloud(settings.stage(name)?)),
        }
    }

    pub(in crate::commands) fn kind(&self) -> TargetKind {
        match self {
            Self::Local => TargetKind::Local,
            Self::Cloud(_) => TargetKind::Cloud,
            Self::Pipeline => TargetKind::Pipeline,
            Self::All => TargetKind::All,
        }
    }

    /// The error for a target that a verb does not take; `instead` says what the target has for it.
    pub(in crate::commands) fn unsupported(&self, verb: &str, instead: &str) -> Failure {
        let cause = match self {
            Self::Local => {
                format!("`umb {verb}` is for stages on AWS: the stage local has no stacks")
            }
            Self::Pipeline => format!("`umb {verb}` is for stages, not for the pipeline"),
            Self::All => format!("`umb {verb}` takes one stage, not all"),
            Self::Cloud(stage) => format!("`umb {verb}` does not take the stage {}", stage.name),
        };
        Failure::usage(cause).hint(instead)
    }
}

/// Reads the name of a stage on AWS, for a verb that takes nothing else. `local` says what the local stage has instead,
/// `pipeline` what the pipeline has.
///
/// # Errors
/// When it is not one.
pub(in crate::commands) fn cloud_stage<'a>(
    verb: &str,
    name: &str,
    settings: &'a Settings,
    [local, pipeline]: [&str; 2],
) -> Result<&'a StageSpec, Failure> {
    let target = Target::parse(name, settings)?;
    match target {
        Target::Cloud(stage) => Ok(stage),
        Target::Local => Err(target.unsupported(verb, local)),
        Target::Pipeline => Err(target.unsupported(verb, pipeline)),
        Target::All => {
            let known: Vec<_> = settings
                .stages()
                .map(|stage| stage.name.to_string())
                .collect();
            let hint = format!(
                "name one of {}: `umb {verb} {}`",
                known.join(", "),
                known[0]
            );
            Err(target.unsupported(verb, &hint))
        }
    }
}
