//! What a resource leaves open beside the permissions that it grants: who may call an API, what watches it, what protects a
//! table, what a pipeline deploys.

use std::collections::BTreeSet;

use serde_json::Value;

use super::definition::pipeline;
use super::text::text;

/// The type of what may be called.
pub(super) const API: &str = "AWS::ApiGateway::RestApi";

/// How a resource of a type is compared.
type Compare = fn(&Value, &Value) -> Vec<String>;

/// The types whose resources leave something open.
const TYPES: [(&str, Compare); 5] = [
    (API, api),
    ("AWS::CloudWatch::Alarm", alarm),
    ("AWS::CodePipeline::Pipeline", pipeline),
    ("AWS::DynamoDB::Table", table),
    ("AWS::SNS::Topic", topic),
];

/// Returns what the resource `after` leaves open and `before` did not. Either may be null.
pub(super) fn beyond(before: &Value, after: &Value) -> Vec<String> {
    let kind = [before, after].map(|resource| resource["Type"].as_str());
    let kind = kind.into_iter().flatten().next();
    let compare = TYPES.iter().find(|(known, _)| kind == Some(known));
    compare.map_or_else(Vec::new, |(_, compare)| compare(before, after))
}

/// Who may call an API, and from where.
fn api(before: &Value, after: &Value) -> Vec<String> {
    let mut found = Vec::new();
    if is_open(after) && !is_open(before) {
        found.push("anyone may call it: authorization = \"NONE\"".to_owned());
    }
    for account in callers(after).difference(&callers(before)) {
        found.push(format!(
            "identities of {account} may call it, if their own policies allow it"
        ));
    }
    // Without a policy, or where there is no API yet, requests may come from anywhere.
    if let Some(old) = addresses(before) {
        match addresses(after) {
            None => found.push("requests may come from any address".to_owned()),
            Some(new) => {
                let new = new.difference(&old);
                found.extend(new.map(|block| format!("requests may come from {block}")));
            }
        }
    }
    found
}

/// Whether an operation of an API asks for no identity.
fn is_open(api: &Value) -> bool {
    let paths = api["Properties"]["Body"]["paths"].as_object();
    let operations = paths.into_iter().flatten().flat_map(|(_, path)| {
        let operations = path.as_object().into_iter().flatten();
        operations.filter(|(method, _)| *method != "parameters")
    });
    let mut security = operations.map(|(_, operation)| operation["security"].as_array());
    security.any(|security| security.is_none_or(Vec::is_empty))
}

fn statements(api: &Value) -> impl Iterator<Item = &Value> {
    let statements = api["Properties"]["Policy"]["Statement"].as_array();
    statements.into_iter().flatten()
}

/// The principals that an API's policy lets in.
fn callers(api: &Value) -> BTreeSet<String> {
    let allowed = statements(api).filter(|statement| statement["Effect"] == "Allow");
    let principals = allowed.flat_map(|statement| match &statement["Principal"]["AWS"] {
        Value::Array(several) => several.iter().collect(),
        Value::Null => Vec::new(),
        one => vec![one],
    });
    principals.map(principal).collect()
}

/// The account of a principal such as `arn:aws:iam::222222222222:root`, or the principal as it is.
fn principal(value: &Value) -> String {
    let text = value["Fn::Sub"].as_str().or(value.as_str());
    let account = text.and_then(|text| text.rsplit("::").next()?.strip_suffix(":root"));
    account.map_or_else(
        || value.to_string(),
        |account| format!("the account {account}"),
    )
}

/// The blocks of addresses that an API's requests may come from; `None` for any.
fn addresses(api: &Value) -> Option<BTreeSet<String>> {
    let mut denied = statements(api).filter(|statement| statement["Effect"] == "Deny");
    let blocks = denied
        .find_map(|statement| statement["Condition"]["NotIpAddress"]["aws:SourceIp"].as_array())?;
    Some(blocks.iter().map(text).collect())
}

/// What protects a table's data.
fn table(before: &Value, after: &Value) -> Vec<String> {
    if before.is_null() || after.is_null() {
        return Vec::new();
    }
    let properties = "/Properties";
    let protections = [
        (
            format!("{properties}/DeletionProtectionEnabled"),
            "its deletion is no longer refused",
        ),
        (
            format!("{properties}/PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled"),
            "it can no longer be restored to an earlier second",
        ),
    ];
    let is_on = |table: &Value, path: &str| {
        let value = table.pointer(path);
        value.is_some_and(|value| *value == true || *value == "true")
    };
    let lost = protections
        .iter()
        .filter(|(path, _)| is_on(before, path) && !is_on(after, path));
    let mut found: Vec<_> = lost.map(|(_, text)| (*text).to_owned()).collect();
    let keeps = |table: &Value| {
        table["DeletionPolicy"]
            .as_str()
            .is_some_and(|policy| policy.starts_with("Retain"))
    };
    if keeps(before) && !keeps(after) {
        found.push("it no longer outlives its stack".to_owned());
    }
    found
}

/// What an alarm tolerates.
fn alarm(before: &Value, after: &Value) -> Vec<String> {
    if before.is_null() {
        return Vec::new();
    }
    if after.is_null() {
        return vec!["nothing watches the errors of the API any more".to_owned()];
    }
    let share = |alarm: &Value| text(&alarm["Properties"]["Threshold"]).parse::<f64>().ok();
    let requests = |alarm: &Value| {
        let expression = text(alarm.pointer("/Properties/Metrics/0/Expression")?);
        let (_, rest) = expression.split_once("requests >= ")?;
        rest.split(' ').next()?.parse::<f64>().ok()
    };
    let mut found = Vec::new();
    if let (Some(old), Some(new)) = (share(before), share(after))
        && new > old
    {
        found.push(format!(
            "it goes off at a larger share of errors: {new}, not {old}"
        ));
    }
    if let (Some(old), Some(new)) = (requests(before), requests(after))
        && new > old
    {
        found.push(format!("it goes off after more requests: {new}, not {old}"));
    }
    found
}

/// Who is told of what.
fn topic(before: &Value, after: &Value) -> Vec<String> {
    let told = |topic: &Value| -> BTreeSet<String> {
        let subscriptions = topic["Properties"]["Subscription"].as_array();
        let subscriptions = subscriptions.into_iter().flatten();
        subscriptions.map(|one| text(&one["Endpoint"])).collect()
    };
    let gone = told(before);
    let gone = gone.difference(&told(after)).cloned().collect::<Vec<_>>();
    gone.into_iter()
        .map(|endpoint| format!("{endpoint} is no longer told"))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn an_api(security: &Value, statements: &Value) -> Value {
        json!({"Type": "AWS::ApiGateway::RestApi", "Properties": {
            "Body": {"paths": {"/users": {"parameters": [], "get": {"security": security}}}},
            "Policy": {"Statement": statements},
        }})
    }

    fn only_from(blocks: &[&str]) -> Value {
        json!([{"Effect": "Deny", "Principal": "*", "Condition": {"NotIpAddress": {"aws:SourceIp": blocks}}}])
    }

    #[test]
    fn who_may_call_an_api_and_from_where() {
        let signed = json!([{"sigv4": []}]);
        let closed = an_api(&signed, &json!([]));
        let open = an_api(&json!([]), &json!([]));
        let anyone = ["anyone may call it: authorization = \"NONE\""];
        assert_eq!(beyond(&closed, &open), anyone);
        assert_eq!(beyond(&Value::Null, &open), anyone);
        assert!(beyond(&open, &open).is_empty() && beyond(&open, &closed).is_empty());
        let root = json!({"Fn::Sub": "arn:${AWS::Partition}:iam::222222222222:root"});
        let shared = an_api(
            &signed,
            &json!([{"Effect": "Allow", "Principal": {"AWS": [root]}}]),
        );
        assert_eq!(
            beyond(&closed, &shared),
            ["identities of the account 222222222222 may call it, if their own policies allow it"]
        );
        assert!(beyond(&shared, &closed).is_empty());
        let [one, two] = [&["192.0.2.0/24"][..], &["192.0.2.0/24", "10.0.0.0/8"]]
            .map(|blocks| an_api(&signed, &only_from(blocks)));
        assert_eq!(beyond(&one, &two), ["requests may come from 10.0.0.0/8"]);
        assert_eq!(
            beyond(&one, &closed),
            ["requests may come from any address"]
        );
        for (before, after) in [(&closed, &one), (&two, &one), (&Value::Null, &one)] {
            assert!(beyond(before, after).is_empty());
        }
    }

    #[test]
    fn what_protects_a_table() {
        let table = |is_protected: bool| {
            json!({
                "Type": "AWS::DynamoDB::Table",
                "DeletionPolicy": if is_protected { "RetainExceptOnCreate" } else { "Delete" },
                "Properties": {
                    "DeletionProtectionEnabled": is_protected,
                    "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": is_protected},
                },
            })
        };
        let (on, off) = (table(true), table(false));
        assert_eq!(beyond(&on, &off).len(), 3);
        for (before, after) in [(&off, &on), (&on, &on), (&Value::Null, &off)] {
            assert!(beyond(before, after).is_empty());
        }
    }

    #[test]
    fn what_an_alarm_tolerates() {
        let alarm = |share: &str, requests: u32| {
            let expression = format!("IF(requests >= {requests} AND errors > 0, 1, 0)");
            json!({"Type": "AWS::CloudWatch::Alarm", "Properties": {
                "Threshold": share, "Metrics": [{"Expression": expression}],
            }})
        };
        let usual = alarm("0.05", 20);
        assert_eq!(
            beyond(&usual, &Value::Null),
            ["nothing watches the errors of the API any more"]
        );
        assert_eq!(beyond(&usual, &alarm("0.5", 1000)).len(), 2);
        for (before, after) in [
            (&Value::Null, &usual),
            (&usual, &usual),
            (&usual, &alarm("0.01", 5)),
        ] {
            assert!(beyond(before, after).is_empty());
        }
    }

    #[test]
    fn who_is_told() {
        let topic = |endpoint: &str| json!({"Type": "AWS::SNS::Topic", "Properties": {"Subscription": [{"Endpoint": endpoint}]}});
        let (one, two) = (topic("a@example.com"), topic("b@example.com"));
        for after in [&two, &Value::Null] {
            assert_eq!(beyond(&one, after), ["a@example.com is no longer told"]);
        }
        assert!(beyond(&Value::Null, &one).is_empty());
    }
}
