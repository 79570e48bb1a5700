//! `umb pipeline plan`: what the pipeline would do to a stage, before anybody is asked.

use std::path::PathBuf;

use crate::error::Failure;
use crate::pipeline::Proposal;
use crate::settings::Settings;
use crate::ui::Ui;
use crate::{stack, stage};

use super::broader::ApprovalsFlag;
use super::duty::{self, Duty};

/// Plan both stacks of a stage; fail if data would be lost, if it would be a step back, or if something becomes broader that
/// nobody has allowed
#[derive(Debug, clap::Args)]
pub(super) struct PlanStageArgs {
    /// The stage
    stage: String,
    /// The execution's ID
    #[arg(long, value_name = "ID")]
    execution: String,
    #[command(flatten)]
    approvals: ApprovalsFlag,
    /// The folder to write the plan to, which must not exist
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl PlanStageArgs {
    pub(super) async fn run(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let spec = duty::stage_of("pipeline plan", &self.stage, settings)?;
        let target = duty::open(settings, spec, Duty::Check).await?;
        let handed_on = duty::read_handed_on(settings, &target)?;
        let (env, reporter) = (&target.env, ui.reporter());
        let proposed =
            stage::propose(env, &target.spec, &handed_on, &self.execution, &*reporter).await;
        let plan = proposed.map_err(|error| explained(error, &self.stage))?;
        ui.show(&plan);
        if let Err(refusal) = self.approvals.check(&plan.stacks) {
            // The refusal is what matters. A change set that cannot be deleted now goes with the next plan.
            let _ = env.discard_change_sets().await;
            return Err(refusal);
        }
        plan.change_sets()
            .for_each(|change_set| env.pending().keep(change_set));
        Proposal::new(plan).write(&self.out)?;
        ui.note("no data would be lost");
        Ok(())
    }
}

/// Says what a person can do about it, which is not what the pipeline can.
fn explained(error: stage::Error, stage: &str) -> Failure {
    let way_out = match &error {
        stage::Error::Stack(stack::Error::WouldLoseData { logical_id, .. }) => Some(format!(
            "nothing was changed; undo the change that causes it. If the stage is not protected, `umb deploy {stage} \
             --allow-data-loss {logical_id}` makes it anyway; then `umb pipeline retry`"
        )),
        stage::Error::Downgrade { newer, .. } => Some(newer_runner(newer)),
        _ => None,
    };
    let failure = Failure::from(error);
    match way_out {
        None => failure,
        Some(way_out) => failure.hint(way_out),
    }
}

/// What to do where a newer umb deployed a stage than the pipeline's builds run.
pub(super) fn newer_runner(newer: &str) -> String {
    format!(
        "nothing was changed; `umb deploy pipeline` with umb {newer}, run by a person, makes the pipeline's builds run that"
    )
}
