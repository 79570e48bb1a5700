//! API Gateway: what an account has set for all its APIs.

use super::error::Error;
use super::session::Session;

/// Whether the account has named, for the session's region, the role that API Gateway writes logs with.
/// There is one for all APIs.
pub(crate) async fn has_logging_role(session: &Session) -> Result<bool, Error> {
    let account = aws_sdk_apigateway::Client::new(session.config())
        .get_account()
        .send()
        .await
        .map_err(|error| Error::new("API Gateway GetAccount", error))?;
    Ok(account
        .cloudwatch_role_arn
        .is_some_and(|role| !role.is_empty()))
}
