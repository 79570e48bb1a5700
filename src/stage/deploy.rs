//! Deploys a stage: exactly its plan's change sets, stack by stack.

use crate::aws::AwsEnv;
use crate::stack::{self, Applier, Deployed, Event, Reporter, StackAction, asset_bucket, protect};

use super::error::Error;
use super::function_code;
use super::prepare::Prepared;
use super::rendered::RenderedStacks;
use super::request::DeployRequest;

/// Applies a plan: the function's package, then Stateful, then Stateless. `done` gets each stack as soon as it is what
/// its template says. Change sets that were not executed stay pending.
///
/// # Errors
/// Also when somebody else was faster: see [`Error::is_lost_race`].
pub(crate) async fn deploy(
    env: &AwsEnv,
    request: &DeployRequest<'_>,
    prepared: &Prepared,
    reporter: &dyn Reporter,
    mut done: impl FnMut(Deployed),
) -> Result<(), Error> {
    let Prepared {
        plan,
        rendered,
        state,
    } = prepared;
    let [stateful_plan, stateless_plan] = [&plan.stacks[0], &plan.stacks[1]];
    let [stateful_mode, stateless_mode] = request.modes();
    let (wants, had) = (request.stage.protected, state.retains_table());
    let applier = Applier::new(env, reporter);
    let mut rendered = rendered.clone();
    let mut was_uploaded = false;
    if stateless_plan.action != StackAction::None {
        let upload = publish(request, &rendered, reporter).await;
        was_uploaded = match upload {
            Err(stack::Error::NoNamespace) if state.stateless.is_none() => {
                rendered = request.with_global_bucket(env, &rendered)?;
                publish(request, &rendered, reporter).await?
            }
            upload => upload?,
        };
    }

    let existing = state.stateful.as_ref();
    let stack = applier
        .apply(stateful_plan, &rendered.stateful, existing, stateful_mode)
        .await?;
    protect(env, &stack, wants, had).await?;
    done(Deployed::new(env, stateful_plan, stack));

    let existing = state.stateless.as_ref();
    let stack = applier
        .apply(
            stateless_plan,
            &rendered.stateless,
            existing,
            stateless_mode,
        )
        .await?;
    if stateless_plan.reconciles_code {
        function_code::update(env, &stack, request.artifact, reporter).await?;
    }
    protect(env, &stack, wants, had).await?;
    done(Deployed::new(env, stateless_plan, stack));
    if was_uploaded {
        expire(env, &rendered, reporter).await;
    }
    Ok(())
}

/// Deletes packages that nothing uses any more. The stage is deployed: that they stay is no reason to fail.
async fn expire(env: &AwsEnv, rendered: &RenderedStacks, reporter: &dyn Reporter) {
    if let Err(error) = asset_bucket::expire(env, &rendered.bucket).await {
        let error = Error::from(error);
        reporter.report(Event::Warning {
            text: format!("old packages of functions were not deleted: {error}"),
        });
    }
}

/// Uploads the function's package, unless it is already there; returns whether it was uploaded.
async fn publish(
    request: &DeployRequest<'_>,
    rendered: &RenderedStacks,
    reporter: &dyn Reporter,
) -> Result<bool, stack::Error> {
    let zip = request.artifact.zip.clone();
    asset_bucket::publish(&rendered.bucket, rendered.handler_key(), zip, reporter).await
}
