//! Plans that an earlier version saved.

use serde_json::Value;

use crate::harness::{Sandbox, ministack};

use super::fixture::{ACCOUNT, APP, path, text};

/// The paths of all members of `value`; those of an array's items stand for each of them.
fn members(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            for (name, member) in object {
                let at = format!("{at}.{name}");
                members(member, &at, found);
                found.push(at);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| members(item, at, found)),
        _ => {}
    }
}

fn members_of(plan: &str) -> Vec<String> {
    let mut found = Vec::new();
    members(&serde_json::from_str(plan).unwrap(), "", &mut found);
    found.sort();
    found.dedup();
    found
}

#[test]
fn a_saved_plan_is_read_and_refused_for_what_changed_since() {
    let sandbox = Sandbox::at(&ministack().endpoint).with("AWS_ACCESS_KEY_ID", ACCOUNT);
    sandbox.whole_settings(&format!("app = \"{APP}\"\n"));
    for plan in ["plan-create.json", "plan-update.json"] {
        let plan = path(plan);
        let deploy = ["deploy", "dev", "--plan", plan.to_str().unwrap()];
        let run = sandbox.umb(&deploy).fails(1);
        // Another version has another function: only the umb that made a plan applies it.
        assert!(run.stderr.contains("its function is "), "{run:#?}");
    }
}

#[test]
fn the_members_of_a_plan_keep_their_names() {
    let sandbox = Sandbox::on(ministack());
    let create = sandbox.umb(&["plan", "dev", "--json"]).ok().stdout;
    assert_eq!(members_of(&create), members_of(&text("plan-create.json")));
    sandbox.umb(&["deploy", "dev"]).ok();
    sandbox.settings("stages.dev.log_retention_days = 7");
    let update = sandbox.umb(&["plan", "dev", "--json"]).ok().stdout;
    assert_eq!(members_of(&update), members_of(&text("plan-update.json")));
}
