//! The API's resource policy: who may reach the API at all.

use serde_json::{Value, json};

use crate::model::{Authorization, Cidr, StageSpec};

/// Every method of every stage. The policy is one API's, so it may name them all. API Gateway would turn the short
/// form, `execute-api:/*`, into an ARN of its own, which then differs from the template forever.
const EVERYTHING: &str = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:*/*";

/// Returns the policy, if the stage needs one. Without a policy, identities of the API's own account may call it if
/// their own policies allow that. With one, that is still so, and identities of other accounts need the permission of
/// both. An API that asks for no identity lets in only what the policy allows. Source:
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html>.
pub(super) fn policy(stage: &StageSpec) -> Option<Value> {
    let mut statements = Vec::new();
    if !stage.allowed_accounts.is_empty() {
        let accounts = stage.allowed_accounts.iter();
        let principals: Vec<_> = accounts
            .map(|account| json!({"Fn::Sub": format!("arn:${{AWS::Partition}}:iam::{account}:root")}))
            .collect();
        statements.push(allow(&json!({ "AWS": principals })));
    }
    if !stage.allowed_cidrs.is_empty() {
        let cidrs: Vec<_> = stage.allowed_cidrs.iter().map(Cidr::as_str).collect();
        if stage.authorization == Authorization::None {
            statements.push(allow(&json!("*")));
        }
        statements.push(json!({
            "Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke", "Resource": {"Fn::Sub": EVERYTHING},
            "Condition": {"NotIpAddress": {"aws:SourceIp": cidrs}},
        }));
    }
    (!statements.is_empty()).then(|| json!({"Version": "2012-10-17", "Statement": statements}))
}

fn allow(principal: &Value) -> Value {
    json!({
        "Effect": "Allow", "Principal": principal, "Action": "execute-api:Invoke",
        "Resource": {"Fn::Sub": EVERYTHING},
    })
}

#[cfg(test)]
mod tests {
    use crate::model::{App, StageName, StageTable};

    use super::*;

    fn effects(authorization: Authorization, accounts: &[&str], cidrs: &[&str]) -> Vec<String> {
        let stage = StageSpec {
            authorization,
            allowed_accounts: accounts
                .iter()
                .map(|text| text.parse().expect("valid"))
                .collect(),
            allowed_cidrs: cidrs
                .iter()
                .map(|text| text.parse().expect("valid"))
                .collect(),
            ..StageSpec::new(App::default(), StageName::dev())
        };
        let policy = policy(&stage).unwrap_or_default();
        let statements = policy["Statement"].as_array().cloned().unwrap_or_default();
        statements
            .iter()
            .map(|statement| format!("{} {}", statement["Effect"], statement["Principal"]))
            .collect()
    }

    /// With pseudo parameters as long as they get.
    #[test]
    fn whatever_the_settings_take_fits_into_the_policy_of_an_api() {
        let table = |accounts: usize, cidrs: usize| StageTable {
            allowed_accounts: Some(vec!["222222222222".parse().expect("valid"); accounts]),
            allowed_cidrs: Some(vec!["100.200.100.200/32".parse().expect("valid"); cidrs]),
            ..StageTable::default()
        };
        let with = |accounts, cidrs| {
            let stage = StageSpec::new(App::default(), StageName::dev());
            stage.with(&table(accounts, cidrs))
        };
        for (accounts, cidrs) in [(0, 1), (1, 0), (60, 100)] {
            let most = (1..).take_while(|times| with(accounts * times, cidrs * times).is_ok());
            let times = most.last().expect("one is few enough");
            let stage = with(accounts * times, cidrs * times).expect("it is taken");
            let text = policy(&stage).expect("a policy").to_string();
            let text = text
                .replace("${AWS::Partition}", "aws-us-gov")
                .replace("${AWS::Region}", "ap-southeast-2")
                .replace("${AWS::AccountId}", "111111111111")
                .replace("{\"Fn::Sub\":\"", "\"")
                .replace("\"}", "\"");
            assert!(text.len() <= 8_192, "{}", text.len());
            let conflict = with(accounts * (times + 1), cidrs * (times + 1)).expect_err("too many");
            assert!(conflict.key.starts_with("allowed_"), "{}", conflict.key);
        }
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
