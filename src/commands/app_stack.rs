//! How a stack that belongs to no stage is deployed: the bootstrap stack, the pipeline's.

use crate::aws::AwsEnv;
use crate::error::Failure;
use crate::pipeline;
use crate::stack::{AppStack, Deployed};
use crate::ui::Ui;

/// Asks for consent where it is needed, then does what was planned: first `upload`, which stores what the stack needs.
pub(super) async fn apply(
    env: &AwsEnv,
    prepared: Result<AppStack, pipeline::Error>,
    upload: impl AsyncFnOnce() -> Result<(), pipeline::Error>,
    yes: bool,
    ui: &Ui,
) -> Result<Deployed, Failure> {
    let applied = async {
        let stack = prepared?;
        if stack.plan.needs_consent() && !yes {
            ui.explain(&stack.plan);
            ui.confirm("Deploy this?").await?;
        }
        upload().await?;
        let deployed = stack.apply(env, &*ui.reporter()).await;
        deployed.map_err(|error| pipeline::Error::from(error).into())
    };
    let applied = applied.await;
    if applied.is_err() {
        // The error is what matters. A change set that cannot be deleted now goes with the next update.
        let _ = env.discard_change_sets().await;
    }
    applied
}
