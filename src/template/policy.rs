//! The API's resource policy: who may reach it at all.

use serde_json::{Value, json};

use super::stacks::{Admission, Authorization};

/// Every method of every stage of the API that the policy is of; API Gateway fills in the rest.
const EVERYTHING: &str = "execute-api:/*";

/// The policy, where there is anything to say. Without one, the identities of the API's own account may call
/// it whose policies allow that; with one, they still need no word of it, and those of other accounts need
/// both. Where no identity is asked for, only what the policy allows is let in. Source:
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html>.
pub(super) fn of(authorization: Authorization, admission: &Admission) -> Option<Value> {
    let Admission { accounts, cidrs } = admission;
    let mut statements = Vec::new();
    if !accounts.is_empty() {
        let principals: Vec<_> = accounts
            .iter()
            .map(|account| json!({"Fn::Sub": format!("arn:${{AWS::Partition}}:iam::{account}:root")}))
            .collect();
        statements.push(allow(&json!({ "AWS": principals })));
    }
    if !cidrs.is_empty() {
        if authorization == Authorization::None {
            statements.push(allow(&json!("*")));
        }
        statements.push(json!({
            "Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke", "Resource": EVERYTHING,
            "Condition": {"NotIpAddress": {"aws:SourceIp": cidrs}},
        }));
    }
    (!statements.is_empty()).then(|| json!({"Version": "2012-10-17", "Statement": statements}))
}

fn allow(principal: &Value) -> Value {
    json!({
        "Effect": "Allow", "Principal": principal, "Action": "execute-api:Invoke",
        "Resource": EVERYTHING,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effects(authorization: Authorization, accounts: &[&str], cidrs: &[&str]) -> Vec<String> {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let admission = Admission {
            accounts: owned(accounts),
            cidrs: owned(cidrs),
        };
        let policy = of(authorization, &admission).unwrap_or_default();
        let statements = policy["Statement"].as_array().cloned().unwrap_or_default();
        statements
            .iter()
            .map(|statement| format!("{} {}", statement["Effect"], statement["Principal"]))
            .collect()
    }

    #[test]
    fn a_policy_says_no_more_than_it_must() {
        let iam = Authorization::AwsIam;
        assert_eq!(effects(iam, &[], &[]), [""; 0]);
        assert_eq!(effects(iam, &[], &["10.0.0.0/8"]), ["\"Deny\" \"*\""]);
        let account =
            r#""Allow" {"AWS":[{"Fn::Sub":"arn:${AWS::Partition}:iam::222222222222:root"}]}"#;
        assert_eq!(
            effects(iam, &["222222222222"], &["10.0.0.0/8"]),
            [account, "\"Deny\" \"*\""]
        );
        assert_eq!(
            effects(Authorization::None, &[], &["10.0.0.0/8"]),
            ["\"Allow\" \"*\"", "\"Deny\" \"*\""]
        );
    }
}
