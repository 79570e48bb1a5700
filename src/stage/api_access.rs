//! Whether an API has the resource policy of its stage's template: what API Gateway says decides, not what was asked for.
//!
//! API Gateway applies the policy that an API had when it was deployed last, which it does not tell.

use serde_json::Value;

use crate::aws::{self, AwsEnv, Cause};
use crate::stack::{Event, Reporter};
use crate::template::{self, RenderedStack};

use super::error::Error;

/// Compares the resource policy of the API `id` with the one in its template; returns whether API Gateway is still
/// changing the API.
///
/// An import of the API's body may take a policy away or leave an old one, whatever CloudFormation says.
///
/// # Errors
/// [`Error::PolicyDiffers`].
pub(crate) async fn check_access(
    env: &AwsEnv,
    stateless: &RenderedStack,
    id: &str,
    reporter: &dyn Reporter,
) -> Result<bool, Error> {
    let api = match aws::apigateway::api(env.session(), id).await {
        Err(error) if error.cause() == Cause::Denied => {
            reporter.report(Event::Warning {
                text: format!("cannot check who may call the API: {error}"),
            });
            return Ok(false);
        }
        api => api?,
    };
    let wanted = wanted_policy(env, stateless);
    if normalized(&wanted) == normalized(&api.policy) {
        return Ok(api.is_updating);
    }
    Err(Error::PolicyDiffers {
        stack: stateless.id.clone(),
        api: id.to_owned(),
        is_wanted: !wanted.is_null(),
        is_there: !api.policy.is_null(),
    })
}

/// Returns the policy of the template as API Gateway is given it; null for none.
fn wanted_policy(env: &AwsEnv, stateless: &RenderedStack) -> Value {
    let mut known = stateless.parameters.clone();
    known.insert("AWS::Region".to_owned(), env.region().to_string());
    known.insert(
        "AWS::Partition".to_owned(),
        env.partition().name().to_owned(),
    );
    let resolved = template::resolved(&stateless.template, &known, env.account().as_str());
    resolved["Resources"]["RestAPI"]["Properties"]["Policy"].clone()
}

/// A policy in the one form of several that mean the same: a list of one is its element, and the order of a list says
/// nothing.
fn normalized(policy: &Value) -> Value {
    match policy {
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| (key.clone(), normalized(value)))
            .collect(),
        Value::Array(values) => {
            let mut values: Vec<_> = values.iter().map(normalized).collect();
            if let [only] = values.as_slice() {
                return only.clone();
            }
            values.sort_by_key(Value::to_string);
            values.into()
        }
        one => one.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn policies_that_mean_the_same_are_the_same() {
        let one = json!({"Statement": [{"Effect": "Deny", "Condition": {"NotIpAddress": {"aws:SourceIp": ["10.0.0.0/8"]}}}]});
        let same = json!({"Statement": {"Effect": "Deny", "Condition": {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}});
        let other = json!({"Statement": {"Effect": "Deny", "Condition": {"NotIpAddress": {"aws:SourceIp": "0.0.0.0/0"}}}});
        assert_eq!(normalized(&one), normalized(&same));
        assert_ne!(normalized(&one), normalized(&other));
        assert_ne!(normalized(&one), normalized(&Value::Null));
    }
}
