//! IAM: the account's own policies and roles.

use aws_sdk_iam::Client;
use aws_sdk_iam::config::http::HttpResponse;
use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};

use super::env::AwsEnv;
use super::error::Error;
use super::session::Session;

/// Whether the account has a managed policy of this name. Source:
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicy.html>.
pub(crate) async fn has_policy(env: &AwsEnv, name: &str) -> Result<bool, Error> {
    let (partition, account) = (env.partition().name(), env.account());
    let asked = Client::new(env.session().config())
        .get_policy()
        .policy_arn(format!("arn:{partition}:iam::{account}:policy/{name}"))
        .send()
        .await;
    exists("IAM GetPolicy", asked)
}

/// Whether the account has a role of this name. Source:
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html>.
pub(crate) async fn has_role(session: &Session, name: &str) -> Result<bool, Error> {
    let asked = Client::new(session.config())
        .get_role()
        .role_name(name)
        .send()
        .await;
    exists("IAM GetRole", asked)
}

/// Whether IAM knows what `call` asked about.
fn exists<T, E>(
    call: &'static str,
    asked: Result<T, SdkError<E, HttpResponse>>,
) -> Result<bool, Error>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match asked {
        Err(error) if error.code() == Some("NoSuchEntity") => Ok(false),
        asked => asked.map(|_| true).map_err(|error| Error::new(call, error)),
    }
}
