//! `umb pipeline`

mod checks;
mod executions;
mod package;
mod stack;
mod watch;

use crate::error::Failure;
use crate::settings::Settings;
use crate::ui::Ui;

use super::attended::interruptible;

pub(super) use stack::{Way, deploy, destroy, outputs, plan};

/// The pipeline that deploys the stages by itself: `umb deploy pipeline` makes it
#[derive(Debug, clap::Args)]
pub(crate) struct PipelineArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Status(executions::StatusArgs),
    Watch(watch::WatchArgs),
    Run(executions::RunArgs),
    Logs(executions::LogsArgs),
    Approve(executions::ApproveArgs),
    Retry(executions::RetryArgs),
    Rollback(executions::RollbackArgs),
    Stop(executions::StopArgs),
    // What the pipeline's own builds run.
    SmokeTest(checks::SmokeTestArgs),
    #[command(hide = true)]
    Guard(checks::GuardArgs),
    #[command(hide = true)]
    Package(package::PackageArgs),
}

impl PipelineArgs {
    /// Whether a program reads what happens.
    pub(super) fn is_for_programs(&self) -> bool {
        matches!(&self.verb, Verb::Watch(args) if args.json)
    }

    pub(super) async fn run(self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let ran = interruptible(self.verb.run(settings, ui)).await;
        ran.map_err(|failure| {
            failure
                .when_interrupted("the pipeline goes on by itself; `umb pipeline watch` follows it")
        })
    }
}

impl Verb {
    async fn run(self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        match self {
            Self::Status(args) => args.run(settings, ui).await,
            Self::Watch(args) => args.run(settings, ui).await,
            Self::Run(args) => args.run(settings, ui).await,
            Self::Logs(args) => args.run(settings, ui).await,
            Self::Approve(args) => args.run(settings, ui).await,
            Self::Retry(args) => args.run(settings, ui).await,
            Self::Rollback(args) => args.run(settings, ui).await,
            Self::Stop(args) => args.run(settings, ui).await,
            Self::SmokeTest(args) => args.run(settings, ui).await,
            Self::Guard(args) => args.run(settings, ui).await,
            Self::Package(args) => args.run(settings, ui),
        }
    }
}
