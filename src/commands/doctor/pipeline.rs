//! Checks what the pipeline needs.

use crate::aws::AwsEnv;
use crate::error::Failure;
use crate::model::StackRef;
use crate::pipeline::{self, ConnectionStatus};
use crate::settings::Settings;
use crate::stack::{DeployedStack, find_app_stack};

use super::finding::Findings;

const ABOUT: &str = "pipeline";

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
    match find_app_stack(&env, id.clone()).await? {
        Some(stack) => {
            findings.stack(ABOUT, &stack, "umb deploy pipeline");
            report_runner(&stack, findings);
        }
        None => findings.error(
            ABOUT,
            format!("{id} is not deployed"),
            "`umb deploy pipeline` deploys it",
        ),
    }
    Ok(())
}
