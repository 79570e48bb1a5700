//! The commands, a file per verb: arguments, and a `run` that reads like a sentence.

mod artifact;
mod deploy;
mod destroy;
mod local_server;
mod outputs;
mod stage;
mod synth;
mod users;

use crate::cli::Cli;
use crate::error::{Failure, Kind};
use crate::settings::{Flags, Settings};
use crate::ui::Ui;

/// A verb.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    Deploy(deploy::DeployArgs),
    Destroy(destroy::DestroyArgs),
    Outputs(outputs::OutputsArgs),
    Users(users::UsersArgs),
    Synth(synth::SynthArgs),
    Artifact(artifact::ArtifactArgs),
    #[command(hide = true)]
    LocalServer(local_server::LocalServerArgs),
}

/// Runs the command that `cli` names.
pub(crate) fn run(cli: Cli, ui: &Ui) -> Result<(), Failure> {
    let Cli { global, command } = cli;
    match command {
        Command::Artifact(args) => args.run(ui),
        Command::LocalServer(args) => block_on(args.run()),
        Command::Synth(args) => args.run(&settings(global.into())?, ui),
        // A server has a way of its own to stop.
        Command::Deploy(args) if args.is_foreground() => {
            block_on(args.run(&settings(global.into())?, ui))
        }
        Command::Deploy(args) => block_on(interruptible(args.run(&settings(global.into())?, ui))),
        Command::Destroy(args) => block_on(interruptible(args.run(&settings(global.into())?, ui))),
        Command::Outputs(args) => block_on(interruptible(args.run(&settings(global.into())?, ui))),
        Command::Users(args) => block_on(interruptible(args.run(&settings(global.into())?, ui))),
    }
}

fn settings(flags: Flags) -> Result<Settings, Failure> {
    let here = std::env::current_dir().unwrap_or_default();
    Ok(Settings::resolve(&here, flags)?)
}

/// `command`, unless Ctrl-C comes first: then nothing more is asked of AWS, which ends what it has
/// begun.
async fn interruptible(command: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    tokio::select! {
        outcome = command => outcome,
        Ok(()) = tokio::signal::ctrl_c() => {
            Err(Failure::new(Kind::Interrupted, "interrupted").hint(
                "CloudFormation ends what it has begun; the same command goes on from there",
            ))
        }
    }
}

fn block_on(command: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| {
            Failure::new(Kind::Failed, format!("cannot start the runtime: {error}"))
        })?;
    let outcome = runtime.block_on(command);
    // What was interrupted is not waited for.
    runtime.shutdown_background();
    outcome
}
