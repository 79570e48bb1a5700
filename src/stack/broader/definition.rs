//! What a pipeline's definition leaves open: what it deploys, from where, to where, and what it asks before.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::text::text;

/// What a pipeline deploys, from where, and what it asks before.
pub(super) fn pipeline(before: &Value, after: &Value) -> Vec<String> {
    if before.is_null() || after.is_null() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (name, key) in [
        ("connection", "ConnectionArn"),
        ("repository", "FullRepositoryId"),
        ("branch", "BranchName"),
    ] {
        let path = format!("/Properties/Stages/0/Actions/0/Configuration/{key}");
        let [old, new] = [before, after].map(|pipeline| pipeline.pointer(&path));
        if old != new {
            let new = new.map(text).unwrap_or_default();
            found.push(format!("it deploys from another {name}: {new}"));
        }
    }
    found.extend(places(before, after));
    let [old, new] = [before, after].map(approvals);
    for (stage, is_approved) in new {
        match old.get(stage) {
            None if is_approved => found.push(format!("it deploys {stage}, after an approval")),
            None => found.push(format!("it deploys {stage}, without an approval")),
            Some(true) if !is_approved => {
                found.push(format!("it deploys {stage} without an approval"));
            }
            Some(_) => {}
        }
    }
    found
}

/// Which stages of a pipeline no longer come before the others, and which are deployed with other roles, as in another
/// account.
fn places(before: &Value, after: &Value) -> Vec<String> {
    let [old, new] = [before, after].map(deploying);
    let mut found = Vec::new();
    let names = |stages: &[(&str, BTreeSet<String>)]| -> Vec<String> {
        let names = stages.iter();
        names.map(|(name, _)| (*name).to_owned()).collect()
    };
    let mut left = names(&new).into_iter();
    if !names(&old)
        .into_iter()
        .all(|name| left.any(|next| next == name))
    {
        let (was, is) = (names(&old).join(", "), names(&new).join(", "));
        found.push(format!("it deploys {is}, and not {was} in that order"));
    }
    for (name, roles) in &new {
        let known = old.iter().find(|(known, _)| known == name);
        if let Some((_, known)) = known
            && let Some(role) = roles.difference(known).next()
        {
            found.push(format!("it deploys {name} as {role}"));
        }
    }
    found
}

/// The stages of a pipeline that deploy, in their order, with the roles of their actions.
fn deploying(pipeline: &Value) -> Vec<(&str, BTreeSet<String>)> {
    let stages = pipeline["Properties"]["Stages"].as_array();
    let stages = stages.into_iter().flatten().filter_map(|stage| {
        let name = stage["Name"].as_str()?;
        let actions = stage["Actions"].as_array().into_iter().flatten();
        let roles = actions.filter_map(|action| action.pointer("/RoleArn/Fn::Sub"));
        name.ends_with("-Stateful")
            .then(|| (name, roles.map(text).collect()))
    });
    stages.collect()
}

/// The stages of a pipeline that deploy, and whether a person approves them.
fn approvals(pipeline: &Value) -> BTreeMap<&str, bool> {
    let stages = pipeline["Properties"]["Stages"].as_array();
    let stages = stages.into_iter().flatten().filter_map(|stage| {
        let name = stage["Name"].as_str()?;
        let mut actions = stage["Actions"].as_array().into_iter().flatten();
        let is_approved = actions.any(|action| action["ActionTypeId"]["Category"] == "Approval");
        name.ends_with("-Stateful").then_some((name, is_approved))
    });
    stages.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn beyond(before: &Value, after: &Value) -> Vec<String> {
        pipeline(before, after)
    }

    #[test]
    fn where_a_pipeline_deploys_and_in_which_order() {
        let pipeline = |stages: &[(&str, &str)]| {
            let stages = stages.iter().map(|(name, account)| {
                let role = json!({"Fn::Sub": format!("arn:{account}:role/Deployment")});
                json!({"Name": format!("{name}-Stateful"), "Actions": [{"RoleArn": role}]})
            });
            let stages: Vec<_> = stages.collect();
            json!({"Type": "AWS::CodePipeline::Pipeline", "Properties": {"Stages": stages}})
        };
        let usual = pipeline(&[("Dev", "1"), ("Prod", "2")]);
        assert!(beyond(&usual, &usual).is_empty());
        assert_eq!(
            beyond(&usual, &pipeline(&[("Dev", "2"), ("Prod", "2")])),
            ["it deploys Dev-Stateful as arn:2:role/Deployment"]
        );
        for other in [&[("Prod", "2"), ("Dev", "1")][..], &[("Prod", "2")]] {
            let found = beyond(&usual, &pipeline(other));
            assert!(
                found[0].contains("and not Dev-Stateful, Prod-Stateful in that order"),
                "{found:?}"
            );
        }
    }

    #[test]
    fn what_a_pipeline_deploys_and_asks() {
        let pipeline = |branch: &str, stages: &[(&str, bool)]| {
            let source =
                json!({"Name": "Source", "Actions": [{"Configuration": {"BranchName": branch}}]});
            let mut all = vec![source];
            all.extend(stages.iter().map(|(name, is_approved)| {
                let category = if *is_approved { "Approval" } else { "Deploy" };
                json!({"Name": name, "Actions": [{"ActionTypeId": {"Category": category}}]})
            }));
            json!({"Type": "AWS::CodePipeline::Pipeline", "Properties": {"Stages": all}})
        };
        let prod = "Prod-Stateful";
        let approved = pipeline("main", &[(prod, true)]);
        for (after, text) in [
            (
                pipeline("main", &[(prod, false)]),
                "it deploys Prod-Stateful without an approval",
            ),
            (
                pipeline("other", &[(prod, true)]),
                "it deploys from another branch: other",
            ),
            (
                pipeline("main", &[(prod, true), ("Qa-Stateful", false)]),
                "it deploys Qa-Stateful, without an approval",
            ),
        ] {
            assert_eq!(beyond(&approved, &after), [text]);
        }
        let without = pipeline("main", &[(prod, false)]);
        assert!(beyond(&without, &approved).is_empty());
        assert!(beyond(&Value::Null, &without).is_empty());
    }
}
