//! Checks what the pipeline needs.

use crate::aws::AwsEnv;
use crate::error::Failure;
use crate::model::StackRef;
use crate::pipeline::{self, ConnectionStatus, RUNNER_IMAGE};
use crate::settings::Settings;
use crate::stack::{DeployedStack, find_app_stack};

use super::finding::Findings;
use super::readiness::{ABOUT, check_boundary, check_branch, check_builds};

/// Checks what the pipeline needs, and whether it is deployed.
pub(super) async fn check(settings: &Settings, findings: &mut Findings) {
    if let Err(failure) = check_env(settings, findings).await {
        findings.failure(ABOUT, &failure);
    }
}

/// Reports which umb the pipeline's builds run.
fn report_runner(stack: &DeployedStack, findings: &mut Findings) {
    let parameters = &stack.parameters;
    match (&parameters.provenance, &parameters.runner) {
        (Some(provenance), Some(runner)) => {
            let (version, sha256) = (&provenance.version, &runner.sha256);
            let text = format!("its builds run umb {version}, SHA-256 {sha256}");
            findings.ok(ABOUT, text);
        }
        _ => findings.error(
            ABOUT,
            "its builds compile umb",
            "`umb deploy pipeline` makes them run this umb",
        ),
    }
}

/// Reports whether whoever is to be told of failures is told.
async fn report_subscription(env: &AwsEnv, stack: &DeployedStack, findings: &mut Findings) {
    let address = stack.details.parameters.get("Notify");
    let Some(address) = address.filter(|address| !address.is_empty()) else {
        return;
    };
    match pipeline::unconfirmed(env, stack.id.app()).await {
        Ok(pending) if pending.is_empty() => {}
        Ok(_) => findings.warning(
            ABOUT,
            format!("{address} is told of nothing yet"),
            format!("confirm the subscription, by the link in AWS's message to {address}"),
        ),
        Err(error) => {
            let cause = Failure::from(error).cause();
            findings.warning(
                ABOUT,
                format!("cannot find out whether {address} is told of failures: {cause}"),
                "sns:ListSubscriptionsByTopic lets umb check",
            );
        }
    }
}

async fn check_env(settings: &Settings, findings: &mut Findings) -> Result<(), Failure> {
    let wanted = settings.pipeline()?;
    let env = AwsEnv::open(&settings.pipeline.env()).await?;
    match pipeline::find_connection(&env, &wanted.connection).await {
        Ok(found) if found.status == ConnectionStatus::Available => {
            let text = format!("the connection {} to {}", found.name, found.provider);
            findings.ok(ABOUT, text);
        }
        Ok(found) => {
            let text = format!("the connection {} cannot be used yet", found.name);
            let hint = "`umb connection status --wait` says what to do, and waits for it";
            findings.error(ABOUT, text, hint);
        }
        Err(error) => findings.failure(ABOUT, &error.into()),
    }
    let id = StackRef::pipeline(&settings.app);
    let stack = find_app_stack(&env, id.clone()).await?;
    let runner = stack
        .as_ref()
        .and_then(|stack| stack.parameters.runner.as_ref());
    let image = runner.map_or(RUNNER_IMAGE, |runner| runner.image.as_str());
    check_builds(&env, &wanted, image, findings).await;
    check_boundary(&env, settings, findings).await;
    check_branch(settings, &wanted, findings);
    match stack {
        Some(stack) => {
            findings.stack(ABOUT, &stack, "umb deploy pipeline");
            report_runner(&stack, findings);
            report_subscription(&env, &stack, findings).await;
        }
        None => findings.error(
            ABOUT,
            format!("{id} is not deployed"),
            "`umb deploy pipeline` deploys it",
        ),
    }
    Ok(())
}
