//! The commands, a file per verb: arguments, and a `run` that reads like a sentence.

mod artifact;
mod attended;
mod bootstrap;
mod cancel;
mod connection;
mod deploy;
mod destroy;
mod diagnose;
mod doctor;
mod drift;
mod init;
mod local_server;
mod lone;
mod outputs;
mod pipeline;
mod plan;
mod rollback;
mod stage;
mod status;
mod synth;
mod users;
mod watch;

use crate::cli::Cli;
use crate::error::{Failure, Kind};
use crate::settings::{Flags, Settings};
use crate::ui::Ui;

use attended::interruptible;

/// A verb.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    Init(init::InitArgs),
    #[command(visible_alias = "diff")]
    Plan(plan::PlanArgs),
    Deploy(deploy::DeployArgs),
    Status(status::StatusArgs),
    Watch(watch::WatchArgs),
    Cancel(cancel::CancelArgs),
    Rollback(rollback::RollbackArgs),
    Diagnose(diagnose::DiagnoseArgs),
    Drift(drift::DriftArgs),
    Doctor(doctor::DoctorArgs),
    Destroy(destroy::DestroyArgs),
    Outputs(outputs::OutputsArgs),
    Users(users::UsersArgs),
    Connection(connection::ConnectionArgs),
    Bootstrap(bootstrap::BootstrapArgs),
    Pipeline(pipeline::PipelineArgs),
    Synth(synth::SynthArgs),
    Artifact(artifact::ArtifactArgs),
    #[command(hide = true)]
    LocalServer(local_server::LocalServerArgs),
}

impl Command {
    /// Whether a program reads what happens.
    pub(crate) fn is_for_programs(&self) -> bool {
        match self {
            Self::Bootstrap(args) => args.is_for_programs(),
            Self::Deploy(args) => args.is_for_programs(),
            Self::Destroy(args) => args.is_for_programs(),
            Self::Pipeline(args) => args.is_for_programs(),
            Self::Watch(args) => args.is_for_programs(),
            _ => false,
        }
    }
}

/// Runs the command that `cli` names.
pub(crate) fn run(cli: Cli, ui: &Ui) -> Result<(), Failure> {
    let Cli { global, command } = cli;
    let flags = Flags::from(global);
    let settings = || settings(flags.clone());
    match command {
        Command::Init(args) => block_on(interruptible(args.run(flags, ui))),
        Command::Artifact(args) => args.run(ui),
        Command::LocalServer(args) => block_on(args.run()),
        Command::Synth(args) => args.run(&settings()?, ui),
        Command::Plan(args) => block_on(args.run(&settings()?, ui)),
        Command::Deploy(args) => block_on(args.run(&settings()?, ui)),
        Command::Watch(args) => block_on(args.run(&settings()?, ui)),
        Command::Cancel(args) => block_on(args.run(&settings()?, ui)),
        Command::Rollback(args) => block_on(args.run(&settings()?, ui)),
        Command::Destroy(args) => block_on(args.run(&settings()?, ui)),
        Command::Status(args) => block_on(interruptible(args.run(&settings()?, ui))),
        Command::Doctor(args) => block_on(interruptible(args.run(&settings()?, ui))),
        Command::Drift(args) => block_on(interruptible(args.run(&settings()?, ui))),
        Command::Diagnose(args) => block_on(interruptible(args.run(&settings()?, ui))),
        Command::Outputs(args) => block_on(interruptible(args.run(&settings()?, ui))),
        Command::Users(args) => block_on(args.run(&settings()?, ui)),
        Command::Connection(args) => block_on(args.run(&settings()?, ui)),
        Command::Bootstrap(args) => block_on(args.run(&settings()?, ui)),
        Command::Pipeline(args) => block_on(args.run(&settings()?, ui)),
    }
}

fn settings(flags: Flags) -> Result<Settings, Failure> {
    let here = std::env::current_dir().unwrap_or_default();
    Ok(Settings::resolve(&here, flags)?)
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
