//! STS: who is calling.

use super::{Error, Session};

/// Who the credentials belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    /// The account, 12 digits.
    pub(crate) account: String,
    /// The user, role session or root.
    pub(crate) arn: String,
}

/// Asks AWS who the session's credentials belong to.
pub(crate) async fn identity(session: &Session) -> Result<Identity, Error> {
    let output = aws_sdk_sts::Client::new(session.config())
        .get_caller_identity()
        .send()
        .await
        .map_err(|error| Error::of_call("STS GetCallerIdentity", error))?;
    Ok(Identity {
        account: output.account.unwrap_or_default(),
        arn: output.arn.unwrap_or_default(),
    })
}
