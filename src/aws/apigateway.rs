//! API Gateway: what an account has set for all its APIs, and how one API is.

use aws_sdk_apigateway::types::ApiStatus;
use serde_json::Value;

use super::error::Error;
use super::session::Session;

/// Returns the ARN of the role that the account has named, for the session's region, for API Gateway to write logs with.
/// There is one for all APIs; it may have been deleted since.
pub(crate) async fn logging_role(session: &Session) -> Result<Option<String>, Error> {
    let account = aws_sdk_apigateway::Client::new(session.config())
        .get_account()
        .send()
        .await
        .map_err(|error| Error::new("API Gateway GetAccount", error))?;
    Ok(account.cloudwatch_role_arn.filter(|arn| !arn.is_empty()))
}

/// A REST API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Api {
    /// Its resource policy; null if it has none.
    pub(crate) policy: Value,
    /// Whether it is being changed. It takes requests meanwhile, in the old way or the new one. Source:
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-security-policies-update.html>.
    pub(crate) is_updating: bool,
}

/// Returns the REST API `id`.
pub(crate) async fn api(session: &Session, id: &str) -> Result<Api, Error> {
    let api = aws_sdk_apigateway::Client::new(session.config())
        .get_rest_api()
        .rest_api_id(id)
        .send()
        .await
        .map_err(|error| Error::new("API Gateway GetRestApi", error))?;
    Ok(Api {
        policy: policy(api.policy.as_deref().unwrap_or_default()),
        is_updating: matches!(
            api.api_status,
            Some(ApiStatus::Pending | ApiStatus::Updating)
        ),
    })
}

/// Policies come as JSON inside a JSON string without its quotes, and a text that is neither as that text.
fn policy(text: &str) -> Value {
    let unescaped = serde_json::from_str::<String>(&format!("\"{text}\""));
    let json = unescaped.as_deref().unwrap_or(text);
    match json {
        "" => Value::Null,
        json => serde_json::from_str(json).unwrap_or_else(|_| json.into()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_policy_is_read_escaped_or_not() {
        let expected = json!({"Statement": []});
        assert_eq!(policy(r#"{\"Statement\":[]}"#), expected);
        assert_eq!(policy(r#"{"Statement":[]}"#), expected);
        assert_eq!(policy(""), Value::Null);
        assert_eq!(policy("no policy"), json!("no policy"));
    }
}
