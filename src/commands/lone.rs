//! How a stack that is no stage's is brought about and followed: the bootstrap stack, the pipeline's.

use crate::deploy::{Cloud, Deployed, Lone, StackAction};
use crate::error::Failure;
use crate::ui::Ui;

use super::attended::{Running, interruptible};

/// Asks where that is needed, and does what was planned.
pub(super) async fn apply(
    cloud: &Cloud,
    prepared: Result<Lone, impl Into<Failure>>,
    yes: bool,
    ui: &Ui,
) -> Result<Deployed, Failure> {
    let applied = async {
        let lone = prepared.map_err(Into::into)?;
        if lone.plan.needs_consent() && !yes {
            ui.note_stack_plan(&lone.plan);
            ui.confirm("Deploy this?").await?;
        }
        Ok(lone.apply(cloud, &*ui.reporter()).await?)
    };
    let applied = applied.await;
    if applied.is_err() {
        // The error is what matters; what is not thrown away goes with the next update.
        let _ = cloud.abandon().await;
    }
    applied
}

/// Says that it is as it should be.
pub(super) fn show(ui: &Ui, deployed: Deployed) {
    let outcome = match deployed.outcome {
        StackAction::Create => "created",
        StackAction::Update => "updated",
        StackAction::None => "unchanged",
    };
    let outputs = [(deployed.stack.clone(), deployed.outputs)].into();
    ui.deployed(&deployed.stack, outcome, &outputs);
}

/// Runs `command`, which may be interrupted and begun anew.
pub(super) fn resumable<'a>(
    command: impl Future<Output = Result<(), Failure>> + 'a,
) -> Running<'a> {
    let running = interruptible(command);
    Box::pin(async move {
        running.await.map_err(|failure| {
            failure.when_interrupted(
                "CloudFormation ends what it has begun; the same command goes on from there",
            )
        })
    })
}
