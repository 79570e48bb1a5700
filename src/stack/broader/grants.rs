//! Which permissions a template grants that the previous one did not.
//!
//! Templates are compared as they are written, after their parameters' values were put in: an intrinsic function is equal
//! to itself and to nothing else. Where that does not decide (`NotAction`, a changed `Deny`), the permission counts as
//! broader: a person is asked once too often rather than once too rarely. Source of what a statement means:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html>.

use std::collections::BTreeSet;

use serde_json::Value;
use wildmatch::WildMatch;

use super::text::text;

/// Returns what a resource grants and what it was before did not. Who may call an API is no permission: see
/// [`super::openings`].
pub(super) fn beyond(before: &Value, after: &Value) -> BTreeSet<String> {
    if after["Type"] == "AWS::ApiGateway::RestApi" {
        return BTreeSet::new();
    }
    Grants::new(after).beyond(&Grants::new(before))
}

/// What one resource grants.
#[derive(Debug, Default)]
struct Grants<'a> {
    allows: Vec<&'a Value>,
    denies: Vec<&'a Value>,
    managed: Vec<&'a Value>,
    boundary: Option<&'a Value>,
    /// The properties of an `AWS::Lambda::Permission`, which is a statement in another form.
    permission: Option<&'a Value>,
}

impl<'a> Grants<'a> {
    fn new(resource: &'a Value) -> Self {
        let mut grants = Self::default();
        let properties = &resource["Properties"];
        if resource["Type"] == "AWS::Lambda::Permission" {
            grants.permission = Some(properties);
        }
        grants.boundary = properties.get("PermissionsBoundary");
        grants.managed = list(&properties["ManagedPolicyArns"]);
        grants.collect(properties);
        grants
    }

    /// Collects the statements of all policy documents: every object that has a `Statement`.
    fn collect(&mut self, value: &'a Value) {
        match value {
            Value::Object(map) => {
                for statement in map.get("Statement").map(list).unwrap_or_default() {
                    if statement["Effect"] == "Deny" {
                        self.denies.push(statement);
                    } else {
                        // A statement with an unknown effect may well allow something.
                        self.allows.push(statement);
                    }
                }
                map.values().for_each(|value| self.collect(value));
            }
            Value::Array(values) => values.iter().for_each(|value| self.collect(value)),
            _ => {}
        }
    }

    fn beyond(&self, old: &Self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for statement in &self.allows {
            found.extend(newly_allowed(statement, &old.allows));
        }
        for denied in &old.denies {
            if !self.denies.contains(denied) {
                found.insert(format!("no longer: {denied}"));
            }
        }
        for policy in &self.managed {
            if !old.managed.contains(policy) {
                found.insert(format!("all of the managed policy {}", text(policy)));
            }
        }
        if let (Some(boundary), true) = (old.boundary, self.boundary != old.boundary) {
            found.insert(format!("beyond the boundary {}", text(boundary)));
        }
        if let (Some(permission), true) = (self.permission, self.permission != old.permission) {
            found.insert(format!(
                "{} by {}",
                text(&permission["Action"]),
                text(&permission["Principal"])
            ));
        }
        found
    }
}

/// Returns what an `Allow` statement allows and none of `old` does.
fn newly_allowed(statement: &Value, old: &[&Value]) -> Vec<String> {
    if old.contains(&statement) {
        return Vec::new();
    }
    let is_plain = statement["Effect"] == "Allow"
        && ["NotAction", "NotResource", "NotPrincipal"]
            .iter()
            .all(|key| statement.get(key).is_none());
    if !is_plain {
        return vec![statement.to_string()];
    }
    let mut found = Vec::new();
    let principals_of_statement = principals(statement);
    let resources = or_none(list(&statement["Resource"]));
    for action in list(&statement["Action"]) {
        for resource in &resources {
            for principal in &principals_of_statement {
                let is_old = old.iter().any(|old| {
                    old.get("Condition")
                        .is_none_or(|condition| statement.get("Condition") == Some(condition))
                        && list(&old["Action"]).iter().any(|old| matches(old, action))
                        && or_none(list(&old["Resource"]))
                            .iter()
                            .any(|old| matches(old, resource))
                        && principals(old).iter().any(|old| matches(old, principal))
                });
                if !is_old {
                    found.push(describe(action, resource, principal));
                }
            }
        }
    }
    found
}

fn describe(action: &Value, resource: &Value, principal: &Value) -> String {
    let mut description = text(action);
    if !resource.is_null() {
        description = format!("{description} on {}", text(resource));
    }
    if !principal.is_null() {
        description = format!("{description} by {}", text(principal));
    }
    description
}

/// Returns a statement's principals: `{"Service": ["a", "b"]}` are two. Null in an identity's policy.
fn principals(statement: &Value) -> Vec<Value> {
    match &statement["Principal"] {
        Value::Null => vec![Value::Null],
        Value::Object(kinds) => kinds
            .iter()
            .flat_map(|(kind, whose)| {
                list(whose)
                    .into_iter()
                    .map(move |one| Value::String(format!("{kind} {}", text(one))))
            })
            .collect(),
        one => vec![one.clone()],
    }
}

/// Whether a pattern of actions or resources covers another text or pattern. An intrinsic function covers itself.
fn matches(pattern: &Value, value: &Value) -> bool {
    match (pattern, value) {
        (Value::String(pattern), Value::String(value)) => {
            WildMatch::new_case_insensitive(pattern).matches(value)
        }
        (Value::String(pattern), _) if pattern == "*" => true,
        (pattern, value) => pattern == value,
    }
}

/// Returns one value, or many, as a list.
fn list(value: &Value) -> Vec<&Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(values) => values.iter().collect(),
        one => vec![one],
    }
}

fn or_none(values: Vec<&Value>) -> Vec<&Value> {
    if values.is_empty() {
        vec![&Value::Null]
    } else {
        values
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use crate::template::resolved;

    use super::super::broader;
    use super::*;

    fn role(statement: &Value) -> Value {
        json!({"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": {"Policies": [
            {"PolicyName": "P", "PolicyDocument": {"Statement": statement}}
        ]}}}})
    }

    fn grants(before: &Value, after: &Value) -> Vec<String> {
        broader(before, after)
            .into_iter()
            .map(|broader| broader.grants)
            .collect()
    }

    #[test]
    fn another_action_is_broader_and_one_less_is_not() {
        let table = json!({"Fn::ImportValue": "Table"});
        let less =
            role(&json!([{"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": table}]));
        let more = role(&json!([
            {"Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:Scan"], "Resource": [table]}
        ]));
        assert_eq!(grants(&less, &more), ["dynamodb:Scan on Table"]);
        assert_eq!(grants(&more, &less), [""; 0]);
    }

    #[test]
    fn another_value_of_a_parameter_is_another_permission() {
        let template = role(&json!([{
            "Effect": "Allow", "Action": {"Ref": "Action"},
            "Resource": {"Fn::Sub": "arn:${AWS::Partition}:iam::${Account}:root"},
        }]));
        let of = |account: &str| {
            let pairs = [("Account", account), ("Action", "a:B")];
            let owned = pairs.map(|(key, value)| (key.to_owned(), value.to_owned()));
            resolved(&template, &owned.into(), "0")
        };
        assert_eq!(grants(&of("1"), &of("1")), [""; 0]);
        assert_eq!(
            grants(&of("1"), &of("2")),
            ["a:B on arn:${AWS::Partition}:iam::2:root"]
        );
    }

    #[test]
    fn of_alternatives_the_one_that_is_chosen_counts() {
        let allow = |action: &str| json!({"Effect": "Allow", "Action": action, "Resource": "*"});
        let mut template = role(&json!([
            {"Fn::If": ["IsBig", allow("a:Big"), {"Ref": "AWS::NoValue"}]},
            {"Fn::If": ["IsSmall", allow("a:Small"), {"Ref": "AWS::NoValue"}]},
        ]));
        template["Conditions"] = json!({
            "IsBig": {"Fn::Equals": [{"Ref": "Size"}, "big"]},
            "IsSmall": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Size"}, "big"]}]},
        });
        let of = |size: &str| {
            let parameters = [("Size".to_owned(), size.to_owned())];
            resolved(&template, &parameters.into(), "1")
        };
        assert_eq!(grants(&of("small"), &of("big")), ["a:Big on *"]);
        assert_eq!(grants(&of("big"), &of("small")), ["a:Small on *"]);
    }

    #[test]
    fn an_alternative_that_cannot_be_told_counts_as_broader() {
        let statement = json!({"Effect": "Allow", "Action": "a:B", "Resource": "*"});
        let mut template = role(&json!([{"Fn::If": ["Unclear", statement, statement]}]));
        template["Conditions"]["Unclear"] =
            json!({"Fn::And": [{"Condition": "A"}, {"Condition": "B"}]});
        let template = resolved(&template, &BTreeMap::new(), "1");
        assert_eq!(grants(&role(&json!([])), &template).len(), 1);
        assert_eq!(grants(&template, &template), [""; 0]);
    }

    #[test]
    fn a_resource_that_a_condition_leaves_out_grants_nothing() {
        let mut template = role(&json!([{"Effect": "Allow", "Action": "a:B", "Resource": "*"}]));
        template["Conditions"]["IsHere"] =
            json!({"Fn::Equals": [{"Ref": "Account"}, {"Ref": "AWS::AccountId"}]});
        template["Resources"]["Role"]["Condition"] = "IsHere".into();
        let of = |account: &str| {
            let parameters = [("Account".to_owned(), account.to_owned())];
            resolved(&template, &parameters.into(), "1")
        };
        assert_eq!(grants(&of("2"), &of("1")), ["a:B on *"]);
        assert_eq!(grants(&of("1"), &of("2")), [""; 0]);
        assert_eq!(grants(&of("2"), &of("3")), [""; 0]);
    }

    #[test]
    fn a_pattern_covers_what_it_matches() {
        let wide =
            role(&json!({"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::b/*"}));
        let narrow = role(
            &json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/k"}),
        );
        assert_eq!(grants(&wide, &narrow), [""; 0]);
        assert_eq!(grants(&narrow, &wide), ["s3:Get* on arn:aws:s3:::b/*"]);
    }

    #[test]
    fn a_condition_that_goes_is_broader() {
        let bound = role(
            &json!({"Effect": "Allow", "Action": "a:B", "Resource": "*", "Condition": {"X": {}}}),
        );
        let free = role(&json!({"Effect": "Allow", "Action": "a:B", "Resource": "*"}));
        assert_eq!(grants(&bound, &free), ["a:B on *"]);
        assert_eq!(grants(&free, &bound), [""; 0]);
    }

    #[test]
    fn a_deny_that_goes_is_broader() {
        let denied = role(&json!([{"Effect": "Deny", "Action": "a:B", "Resource": "*"}]));
        assert_eq!(grants(&denied, &role(&json!([]))).len(), 1);
    }

    #[test]
    fn who_may_assume_a_role_and_who_may_call_a_function_count() {
        let template = |service: &str| {
            json!({"Resources": {
                "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": [
                    {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}
                ]}}},
                "Permission": {"Type": "AWS::Lambda::Permission", "Properties": {
                    "Action": "lambda:InvokeFunction", "Principal": service
                }},
            }})
        };
        assert_eq!(
            grants(&template("a"), &template("b")),
            ["lambda:InvokeFunction by b", "sts:AssumeRole by Service b"]
        );
        assert_eq!(grants(&template("a"), &template("a")), [""; 0]);
    }

    #[test]
    fn managed_policies_and_boundaries_count() {
        let role = |properties: Value| json!({"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": properties}}});
        let before = role(json!({"PermissionsBoundary": "B"}));
        let after = role(json!({"ManagedPolicyArns": ["arn:aws:iam::aws:policy/X"]}));
        assert_eq!(
            grants(&before, &after),
            [
                "all of the managed policy arn:aws:iam::aws:policy/X",
                "beyond the boundary B"
            ]
        );
    }

    #[test]
    fn what_is_unclear_counts_as_broader() {
        let statement = json!({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"});
        assert_eq!(grants(&role(&json!([])), &role(&statement)).len(), 1);
        assert_eq!(
            grants(&role(&statement), &role(&json!([statement]))),
            [""; 0]
        );
    }
}
