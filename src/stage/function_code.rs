//! The function's code, updated directly: faster than a change set, and reconciled by the next full deploy.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::artifact::Artifact;
use crate::aws::AwsEnv;
use crate::aws::lambda;
use crate::stack::{DeployedStack, Event, Reporter, Upload, needs_repair};
use crate::wait::{self, Pace};

use super::error::Error;
use super::request::DeployRequest;
use super::state::StageState;

/// The output that holds the function's name.
const FUNCTION: &str = "APIHandlerName";

/// Updates the code of the stage's function and nothing else; returns the function's stack.
///
/// # Errors
/// When there is no function yet.
pub(crate) async fn deploy_code(
    env: &AwsEnv,
    request: &DeployRequest<'_>,
    state: &StageState,
    reporter: &dyn Reporter,
) -> Result<DeployedStack, Error> {
    let Some(stateless) = &state.stateless else {
        return Err(Error::NoFunction {
            stage: request.stage.name.clone(),
        });
    };
    update(env, stateless, request.artifact, reporter).await?;
    Ok(stateless.clone())
}

/// Whether the function runs other code than that of `artifact`.
pub(super) async fn differs(
    env: &AwsEnv,
    stateless: &DeployedStack,
    artifact: &Artifact,
) -> Result<bool, Error> {
    let Some(function) = stateless.details.outputs.get(FUNCTION) else {
        return Ok(false);
    };
    let deployed = lambda::code(env.session(), function).await?;
    Ok(deployed.is_some_and(|code| code.sha256 != to_base64(&artifact.sha256)))
}

/// Updates the code of the function in the stack `stateless`, and waits until it runs.
pub(super) async fn update(
    env: &AwsEnv,
    stateless: &DeployedStack,
    artifact: &Artifact,
    reporter: &dyn Reporter,
) -> Result<(), Error> {
    let Some(function) = stateless.details.outputs.get(FUNCTION) else {
        return Err(needs_repair(stateless).into());
    };
    reporter.report(Event::Uploading {
        what: Upload::Function,
        bytes: artifact.zip.len(),
    });
    lambda::update_code(env.session(), function, &artifact.zip).await?;
    reporter.report(Event::CodeUpdating {
        function: function.clone(),
    });
    let updated = wait::until(Pace::STACK, async || {
        let code = lambda::code(env.session(), function).await?;
        Ok::<_, Error>(code.filter(|code| !code.is_in_progress))
    });
    match updated.await?.failure {
        None => Ok(()),
        Some(reason) => Err(Error::CodeFailed {
            function: function.clone(),
            reason,
        }),
    }
}

/// Returns a SHA-256 in hexadecimal digits as Lambda reports it: in base64.
fn to_base64(sha256: &str) -> String {
    hex::decode(sha256).map_or_else(|_| String::new(), |bytes| STANDARD.encode(bytes))
}
