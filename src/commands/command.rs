//! Which command runs, and how.

use crate::error::{Failure, Kind};
use crate::settings::{Environment, Error as SettingsError, Flags, Settings};
use crate::ui::{Output, Ui};

use super::exit::Exit;
use super::given_flags::GivenFlags;
use super::interrupt::stoppable;
use super::{
    artifact, bootstrap, build, cancel, connection, deploy, destroy, diagnose, doctor, drift, init,
    local_server, outputs, permissions, pipeline, plan, rollback, status, synth, users, watch,
};

/// A command line, read.
#[derive(Debug)]
pub(crate) struct Invocation {
    pub(crate) command: Command,
    /// The command's name, such as `pipeline status`.
    pub(crate) verb: String,
    pub(crate) flags: Flags,
    pub(crate) given: GivenFlags,
}

/// A verb, with its arguments.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    #[command(visible_alias = "diff")]
    Plan(plan::PlanArgs),
    Deploy(deploy::DeployArgs),
    Destroy(destroy::DestroyArgs),
    Outputs(outputs::OutputsArgs),
    Users(users::UsersArgs),
    Status(status::StatusArgs),
    Watch(watch::WatchArgs),
    Diagnose(diagnose::DiagnoseArgs),
    Drift(drift::DriftArgs),
    Cancel(cancel::CancelArgs),
    Rollback(rollback::RollbackArgs),
    Init(init::InitArgs),
    Connection(connection::ConnectionArgs),
    Bootstrap(bootstrap::BootstrapArgs),
    Pipeline(pipeline::PipelineArgs),
    Doctor(doctor::DoctorArgs),
    Build(build::BuildArgs),
    Synth(synth::SynthArgs),
    Artifact(artifact::ArtifactArgs),
    Permissions(permissions::PermissionsArgs),
    #[command(hide = true)]
    LocalServer(local_server::LocalServerArgs),
}

impl Command {
    /// How its results are written.
    pub(crate) fn output(&self) -> Output {
        match self {
            Self::Plan(args) => Output::document(args.json),
            Self::Deploy(args) => Output::lines(args.json),
            Self::Destroy(args) => Output::lines(args.json),
            Self::Outputs(args) => Output::document(args.json),
            Self::Users(args) => args.output(),
            Self::Status(args) => Output::document(args.json),
            Self::Watch(args) => Output::lines(args.json),
            Self::Diagnose(args) => Output::document(args.json),
            Self::Drift(args) => Output::document(args.json),
            Self::Connection(args) => args.output(),
            Self::Bootstrap(args) => Output::lines(args.json),
            Self::Pipeline(args) => args.output(),
            Self::Doctor(args) => Output::document(args.json),
            Self::Cancel(_)
            | Self::Rollback(_)
            | Self::Init(_)
            | Self::Build(_)
            | Self::Synth(_)
            | Self::Artifact(_)
            | Self::Permissions(_)
            | Self::LocalServer(_) => Output::Text,
        }
    }
}

/// Runs a command.
pub(crate) fn run(invocation: Invocation, ui: &Ui) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| {
            Failure::new(Kind::Failed, format!("cannot start the runtime: {error}"))
        })?;
    let verb = invocation.verb.clone();
    let outcome = runtime.block_on(Box::pin(dispatch(invocation, ui)));
    // Whoever has just run a command is not helped by being told to.
    let outcome = outcome.map_err(|failure| failure.without_hint_at(&verb));
    // What was interrupted is not waited for.
    runtime.shutdown_background();
    outcome
}

async fn dispatch(invocation: Invocation, ui: &Ui) -> Result<Exit, Failure> {
    let Invocation {
        command,
        flags,
        given,
        ..
    } = invocation;
    let settings = || -> Result<Settings, Failure> {
        let here = std::env::current_dir().map_err(SettingsError::NoFolder)?;
        Ok(Settings::resolve(
            &here,
            flags.clone(),
            &Environment::read()?,
        )?)
    };
    match command {
        Command::Artifact(args) => args.run(ui).map(Exit::from),
        Command::Permissions(args) => args.run(&settings()?, ui).map(Exit::from),
        Command::LocalServer(args) => args.run().await.map(Exit::from),
        Command::Init(args) => {
            let run = args.run(flags, Environment::read()?, ui);
            stoppable("init", run).await.map(Exit::from)
        }
        Command::Build(args) => args.run(&settings()?, ui).await.map(Exit::from),
        Command::Synth(args) => args.run(&settings()?, ui).await.map(Exit::from),
        Command::Plan(args) => args.run(&settings()?, &given, ui).await,
        Command::Deploy(args) => args.run(&settings()?, &given, ui).await.map(Exit::from),
        Command::Destroy(args) => args.run(&settings()?, &given, ui).await.map(Exit::from),
        Command::Watch(args) => args.run(&settings()?, ui).await.map(Exit::from),
        Command::Cancel(args) => args.run(&settings()?, ui).await.map(Exit::from),
        Command::Rollback(args) => args.run(&settings()?, ui).await.map(Exit::from),
        Command::Status(args) => args.run(&settings()?, ui).await.map(Exit::from),
        Command::Doctor(args) => {
            let settings = settings()?;
            stoppable("doctor", args.run(&settings, ui))
                .await
                .map(Exit::from)
        }
        Command::Drift(args) => {
            let settings = settings()?;
            stoppable("drift", args.run(&settings, ui)).await
        }
        Command::Diagnose(args) => {
            let settings = settings()?;
            stoppable("diagnose", args.run(&settings, ui))
                .await
                .map(Exit::from)
        }
        Command::Outputs(args) => {
            let settings = settings()?;
            stoppable("outputs", args.run(&settings, ui))
                .await
                .map(Exit::from)
        }
        Command::Users(args) => args.run(&settings()?, ui).await.map(Exit::from),
        Command::Connection(args) => args.run(&settings()?, ui).await.map(Exit::from),
        Command::Bootstrap(args) => args.run(&settings()?, ui).await.map(Exit::from),
        Command::Pipeline(args) => args.run(&settings()?, ui).await.map(Exit::from),
    }
}

#[cfg(test)]
mod tests {
    use clap::Subcommand as _;

    use super::super::interrupt_table::TABLE;
    use super::Command;

    /// Verbs that wait for nothing, so that Ctrl-C needs no handling.
    const INSTANT: [&str; 2] = ["artifact", "permissions"];

    fn verbs(command: &clap::Command, prefix: &str) -> Vec<String> {
        let visible = command
            .get_subcommands()
            .filter(|command| !command.is_hide_set());
        visible
            .flat_map(|command| {
                let name = format!("{prefix}{}", command.get_name());
                if command.has_subcommands() {
                    verbs(command, &format!("{name} "))
                } else {
                    vec![name]
                }
            })
            .collect()
    }

    #[test]
    fn the_table_of_interruptions_has_every_verb() {
        let verbs = verbs(&Command::augment_subcommands(clap::Command::new("umb")), "");
        for verb in &verbs {
            let has_row = TABLE.iter().any(|(row, ..)| {
                row.strip_prefix(verb.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
            });
            assert!(has_row != INSTANT.contains(&verb.as_str()), "{verb}");
        }
        for (row, ..) in TABLE {
            assert!(
                verbs.iter().any(|verb| row.starts_with(verb.as_str())),
                "{row}"
            );
        }
    }
}
