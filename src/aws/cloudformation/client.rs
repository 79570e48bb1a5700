//! The client of CloudFormation.

use aws_sdk_cloudformation::Client;

use crate::aws::session::Session;

/// CloudFormation in the session's region.
#[derive(Debug, Clone)]
pub(crate) struct CloudFormation {
    pub(super) client: Client,
}

impl CloudFormation {
    pub(crate) fn new(session: &Session) -> Self {
        Self {
            client: Client::new(session.config()),
        }
    }
}
