//! The command line: the root of the arguments and the flags that every command has.

use std::ffi::OsString;

use clap::Parser;

use crate::commands::Command;
use crate::error::Failure;
use crate::settings::Flags;

/// Deploys, runs, uses and destroys a serverless user-management backend on AWS, or on this machine.
#[derive(Debug, Parser)]
#[command(name = "umb", version, propagate_version = true, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Reads the command line.
pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Cli, Failure> {
    Ok(Cli::try_parse_from(args)?)
}

/// Where and as whom AWS is called.
#[derive(Debug, clap::Args)]
pub(crate) struct GlobalArgs {
    /// The AWS region; else AWS_REGION, the stage's in umb.toml, the profile's
    #[arg(long, global = true)]
    region: Option<String>,
    /// The named profile of the shared AWS configuration; else AWS_PROFILE, the stage's in umb.toml
    #[arg(long, global = true)]
    profile: Option<String>,
}

impl From<GlobalArgs> for Flags {
    fn from(args: GlobalArgs) -> Self {
        Self {
            region: args.region,
            profile: args.profile,
        }
    }
}
