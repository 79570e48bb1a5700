//! The role that API Gateway logs with: one for all APIs of an account and region.

use crate::aws::{self, AwsEnv, Cause};

use super::deployed::DeployedStack;
use super::error::Error;
use super::event::{Event, Reporter};

/// Whether a stack should give API Gateway its logging role. A stack that was asked before keeps its answer: it may be
/// the one that did.
pub(crate) async fn lacks_logging_role(
    env: &AwsEnv,
    existing: Option<&DeployedStack>,
    reporter: &dyn Reporter,
) -> Result<bool, Error> {
    if let Some(sets) = existing.and_then(|stack| stack.parameters.sets_logging_role) {
        return Ok(sets);
    }
    match aws::apigateway::has_logging_role(env.session()).await {
        Err(error) if error.cause() == Cause::Denied => {
            reporter.report(Event::Warning {
                text: format!("cannot check whether API Gateway may write logs: {error}"),
            });
            Ok(false)
        }
        has => Ok(!has?),
    }
}
