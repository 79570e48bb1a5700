//! `umb pipeline`

use crate::error::Failure;
use crate::settings::Settings;
use crate::ui::{Output, Ui};

use super::super::interrupt::stoppable;
use super::approve::ApproveArgs;
use super::deploy_stage::DeployStageArgs;
use super::logs::LogsArgs;
use super::plan_stage::PlanStageArgs;
use super::retry::RetryArgs;
use super::rollback::RollbackArgs;
use super::run::RunArgs;
use super::smoke_test::SmokeTestArgs;
use super::status::StatusArgs;
use super::stop::StopArgs;
use super::synth::SynthArgs;
use super::watch::WatchArgs;

/// Run, follow and approve what the pipeline deploys
///
/// `umb deploy pipeline` creates the pipeline.
#[derive(Debug, clap::Args)]
pub(crate) struct PipelineArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Status(StatusArgs),
    Watch(WatchArgs),
    Run(RunArgs),
    Logs(LogsArgs),
    Approve(ApproveArgs),
    Retry(RetryArgs),
    Rollback(RollbackArgs),
    Stop(StopArgs),
    SmokeTest(SmokeTestArgs),
    // Only the pipeline's own builds run these.
    #[command(hide = true)]
    Synth(SynthArgs),
    #[command(hide = true, name = "plan")]
    PlanStage(PlanStageArgs),
    #[command(hide = true, name = "deploy")]
    DeployStage(DeployStageArgs),
}

impl PipelineArgs {
    /// How its results are written.
    pub(in crate::commands) fn output(&self) -> Output {
        match &self.verb {
            Verb::Approve(args) => Output::document(args.json),
            Verb::Status(args) => Output::document(args.json),
            Verb::Watch(args) => Output::lines(args.json),
            _ => Output::Text,
        }
    }

    pub(in crate::commands) async fn run(
        self,
        settings: &Settings,
        ui: &Ui,
    ) -> Result<(), Failure> {
        match self.verb {
            Verb::Status(args) => stoppable("pipeline status", args.run(settings, ui)).await,
            Verb::Watch(args) => stoppable("pipeline watch", args.run(settings, ui)).await,
            Verb::Run(args) => stoppable("pipeline run", args.run(settings, ui)).await,
            Verb::Logs(args) => stoppable("pipeline logs", args.run(settings, ui)).await,
            Verb::Approve(args) => stoppable("pipeline approve", args.run(settings, ui)).await,
            Verb::Retry(args) => stoppable("pipeline retry", args.run(settings, ui)).await,
            Verb::Rollback(args) => stoppable("pipeline rollback", args.run(settings, ui)).await,
            Verb::Stop(args) => stoppable("pipeline stop", args.run(settings, ui)).await,
            Verb::SmokeTest(args) => stoppable("pipeline smoke-test", args.run(settings, ui)).await,
            Verb::Synth(args) => args.run(settings, ui).await,
            Verb::PlanStage(args) => Box::pin(args.run(settings, ui)).await,
            Verb::DeployStage(args) => Box::pin(args.run(settings, ui)).await,
        }
    }
}
