//! STS: who is calling.

use crate::model::AccountId;

use super::error::Error;
use super::session::Session;

/// Whose the credentials are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) account: AccountId,
    /// The user, role session or root.
    pub(crate) arn: String,
}

/// Asks AWS whose the session's credentials are.
pub(crate) async fn identity(session: &Session) -> Result<Identity, Error> {
    let output = aws_sdk_sts::Client::new(session.config())
        .get_caller_identity()
        .send()
        .await
        .map_err(|error| Error::new("STS GetCallerIdentity", error))?;
    let account = AccountId::try_from(output.account.unwrap_or_default());
    Ok(Identity {
        account: account.map_err(|_| Error::unexpected("STS GetCallerIdentity"))?,
        arn: output.arn.unwrap_or_default(),
    })
}
