//! The function's code, put there directly: quicker than a change set, and put right by the next full
//! deploy.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::aws::cloudformation::Stack;
use crate::aws::lambda;
use crate::wait::{self, Pace};

use super::desired::{Artifact, Desired};
use super::{Cloud, Error, Event, Reporter, Standing};

/// The output that names the function.
const FUNCTION: &str = "APIHandlerName";

/// Puts the artifact's code into the stage's function and nothing else.
///
/// # Errors
/// When there is no function yet.
pub(crate) async fn deploy_code(
    cloud: &Cloud,
    desired: &Desired<'_>,
    standing: &Standing,
    reporter: &dyn Reporter,
) -> Result<Stack, Error> {
    let Some(stateless) = &standing.stateless else {
        return Err(Error::NoFunction {
            stage: desired.stage.name.clone(),
        });
    };
    put(cloud, stateless, desired.artifact, reporter).await?;
    Ok(stateless.clone())
}

/// Whether the function runs another code than `artifact`.
pub(super) async fn differs(
    cloud: &Cloud,
    stateless: &Stack,
    artifact: Artifact,
) -> Result<bool, Error> {
    let Some(function) = stateless.outputs.get(FUNCTION) else {
        return Ok(false);
    };
    let deployed = lambda::code(&cloud.session, function).await?;
    Ok(deployed.is_some_and(|code| code.sha256 != base64_of(artifact.sha256)))
}

/// Puts the artifact's code into the function of `stateless`, and waits until it runs.
pub(super) async fn put(
    cloud: &Cloud,
    stateless: &Stack,
    artifact: Artifact,
    reporter: &dyn Reporter,
) -> Result<(), Error> {
    let Some(function) = stateless.outputs.get(FUNCTION) else {
        return Err(Error::NeedsRepair {
            stack: stateless.name.clone(),
            status: stateless.status.clone(),
        });
    };
    lambda::update_code(&cloud.session, function, artifact.zip).await?;
    reporter.report(Event::CodeUpdating {
        function: function.clone(),
    });
    let updated = wait::until(Pace::STACK, async || {
        let code = lambda::code(&cloud.session, function).await?;
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

/// Lambda tells a code's SHA-256 in base64; artifacts are named in hexadecimal digits.
fn base64_of(sha256: &str) -> String {
    hex::decode(sha256).map_or_else(|_| String::new(), |bytes| STANDARD.encode(bytes))
}
