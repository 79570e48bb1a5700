//! `umb plan`, and `umb deploy` of a plan, on MiniStack.

use serde_json::{Value, json};

use crate::harness::{MiniStack, Sandbox, ministack};

fn stacks(sandbox: &Sandbox) -> [String; 2] {
    ["Stateful", "Stateless"].map(|part| format!("{}-Dev-{part}", sandbox.app))
}

fn deployed() -> (&'static MiniStack, Sandbox) {
    let sandbox = Sandbox::on(ministack());
    sandbox.umb(&["deploy", "dev"]).ok();
    (ministack(), sandbox)
}

fn json(sandbox: &Sandbox, args: &[&str]) -> Value {
    serde_json::from_str(&sandbox.umb(args).ok().stdout).unwrap()
}

#[test]
fn a_plan_of_a_new_stage_leaves_nothing_behind() {
    let aws = ministack();
    let sandbox = Sandbox::on(aws);
    let before = aws.resources(&sandbox);
    let run = sandbox.umb(&["plan", "dev", "--exit-code"]).fails(4);
    for line in [
        "-Dev-Stateful: will be created\n",
        "  + Table (AWS::DynamoDB::Table)\n",
        "  + APIHandler (AWS::Lambda::Function)\n",
    ] {
        assert!(run.stdout.contains(line), "{line} is missing in {run:#?}");
    }
    assert_eq!(run.stderr, "");
    assert_eq!(aws.resources(&sandbox), before);
}

#[test]
fn a_plan_without_changes_says_so() {
    let (_, sandbox) = deployed();
    let [stateful, stateless] = stacks(&sandbox);
    let run = sandbox.umb(&["diff", "dev", "--exit-code"]).ok();
    assert_eq!(
        run.stdout,
        format!("{stateful}: no changes\n{stateless}: no changes\n")
    );
}

#[test]
fn a_plan_names_what_changes_and_changes_nothing() {
    let (aws, sandbox) = deployed();
    let [stateful, stateless] = stacks(&sandbox);
    sandbox.settings("stages.dev.log_retention_days = 7");
    let before = aws.resources(&sandbox);
    let run = sandbox.umb(&["plan", "dev"]).ok();
    assert!(
        run.stdout.contains(&format!(
            "{stateful}: no changes\n{stateless}: will be updated\n"
        )),
        "{run:#?}"
    );
    assert!(
        run.stdout.contains(
            "  ~ APIHandlerLogs (AWS::Logs::LogGroup): log lines older than the new retention are deleted\n      \
             RetentionInDays\n"
        ),
        "{run:#?}"
    );
    assert!(
        run.stdout.contains(
            "  ~ APIHandlerRole (AWS::IAM::Role): refers to a changed resource, and stays as it is\n"
        ),
        "{run:#?}"
    );
    assert_eq!(aws.resources(&sandbox), before);
    for stack in [&stateful, &stateless] {
        assert_eq!(aws.change_sets(&sandbox, stack), json!([]));
    }
}

#[test]
fn a_plan_as_json_has_the_documented_shape() {
    let (_, sandbox) = deployed();
    sandbox.settings("stages.dev.billing = \"provisioned\"");
    let plan = json(&sandbox, &["plan", "dev", "--json"]);
    let [stateful, _] = stacks(&sandbox);
    assert_eq!(plan["format"], 1);
    assert_eq!(plan["stage"], "dev");
    assert_eq!(plan["region"], "eu-west-1");
    let stack = &plan["stacks"][0];
    assert_eq!(stack["stack"], stateful);
    assert_eq!(stack["action"], "update");
    let table = &stack["resources"][0];
    assert_eq!(table["logical_id"], "Table");
    assert_eq!(table["action"], "modify");
    assert_eq!(table["loses_data"], false);
    assert_eq!(plan["stacks"][1]["action"], "none");
}

#[test]
fn a_saved_plan_is_applied_and_no_other() {
    let (aws, sandbox) = deployed();
    let [_, stateless] = stacks(&sandbox);
    sandbox.settings("stages.dev.log_retention_days = 7");
    sandbox.umb(&["plan", "dev", "--out", "plan.json"]).ok();
    assert_eq!(aws.change_sets(&sandbox, &stateless), json!(["AVAILABLE"]));
    let run = sandbox.umb(&["deploy", "dev", "--plan", "plan.json"]).ok();
    assert!(
        run.stdout.contains(&format!(" ✅  {stateless}\n")),
        "{run:#?}"
    );
    // It was already applied.
    let run = sandbox
        .umb(&["deploy", "dev", "--plan", "plan.json"])
        .fails(1);
    assert!(
        run.stderr.contains(&format!(
            "error: {stateless} was changed by somebody else since the plan was made\nhint: `umb plan dev`"
        )),
        "{run:#?}"
    );
}

#[test]
fn a_saved_plan_of_a_new_stage_is_applied() {
    let aws = ministack();
    let sandbox = Sandbox::on(aws);
    sandbox.umb(&["plan", "dev", "--out", "plan.json"]).ok();
    sandbox.umb(&["deploy", "dev", "--plan", "plan.json"]).ok();
    sandbox.umb(&["users", "list"]).ok();
    let run = sandbox
        .umb(&["deploy", "dev", "--plan", "plan.json"])
        .fails(1);
    assert!(
        run.stderr.contains("was changed by somebody else"),
        "{run:#?}"
    );
}

#[test]
fn a_plan_from_other_settings_is_refused() {
    let sandbox = Sandbox::on(ministack());
    sandbox.umb(&["plan", "dev", "--out", "plan.json"]).ok();
    sandbox.settings("stages.dev.log_retention_days = 7");
    let run = sandbox
        .umb(&["deploy", "dev", "--plan", "plan.json"])
        .fails(1);
    assert!(run.stderr.contains("made from other settings"), "{run:#?}");
    let run = sandbox
        .umb(&["deploy", "prod", "--plan", "plan.json"])
        .fails(1);
    assert!(
        run.stderr
            .contains("error: the plan does not fit: its stage is dev, not prod"),
        "{run:#?}"
    );
    std::fs::write(sandbox.work().join("plan.json"), "{}").unwrap();
    let run = sandbox
        .umb(&["deploy", "dev", "--plan", "plan.json"])
        .fails(2);
    assert!(
        run.stderr.starts_with("error: plan.json is not a plan"),
        "{run:#?}"
    );
}

/// The deployed template with `change`, deployed without umb.
fn changed_by_hand(
    aws: &MiniStack,
    sandbox: &Sandbox,
    stack: &str,
    by: &str,
    change: impl FnOnce(&mut Value),
) {
    let mut template = aws.template(sandbox, stack);
    change(&mut template);
    aws.update_stack(sandbox, (stack, &template), &[("DeployedBy", by)], &[]);
    aws.until_status(sandbox, stack, "UPDATE_COMPLETE");
}

#[test]
fn broader_permissions_are_listed_apart_and_asked_about() {
    let (aws, sandbox) = deployed();
    let [_, stateless] = stacks(&sandbox);
    changed_by_hand(aws, &sandbox, &stateless, "hand", |template| {
        let role = &mut template["Resources"]["APIHandlerRole"]["Properties"];
        role["Policies"][0]["PolicyDocument"]["Statement"][0]["Action"] =
            json!(["dynamodb:GetItem"]);
    });
    let run = sandbox.umb(&["plan", "dev"]).ok();
    assert!(
        run.stdout.contains(
            "  ! broader permissions\n      APIHandlerRole: dynamodb:DeleteItem, dynamodb:PutItem, "
        ),
        "{run:#?}"
    );
    assert!(!run.stdout.contains("dynamodb:GetItem"), "{run:#?}");

    let run = sandbox.umb(&["deploy", "dev"]).fails(3);
    assert!(run.stderr.contains("broader permissions"), "{run:#?}");
    assert!(run.stderr.contains("hint: pass --yes"), "{run:#?}");
    assert_eq!(aws.change_sets(&sandbox, &stateless), json!([]));

    sandbox.umb(&["deploy", "dev", "--yes"]).ok();
    sandbox.umb(&["plan", "dev", "--exit-code"]).ok();
}

#[test]
fn a_resource_that_would_go_is_asked_about() {
    let (aws, sandbox) = deployed();
    let [stateful, _] = stacks(&sandbox);
    changed_by_hand(aws, &sandbox, &stateful, "hand", |template| {
        template["Resources"]["Topic"] = json!({"Type": "AWS::SNS::Topic"});
    });
    let run = sandbox.umb(&["deploy", "dev"]).fails(3);
    assert!(
        run.stderr
            .contains("  - Topic (AWS::SNS::Topic): is deleted\n"),
        "{run:#?}"
    );
    sandbox.umb(&["deploy", "dev", "--yes"]).ok();
}

#[test]
fn a_newer_umb_is_not_undone_by_accident() {
    let (aws, sandbox) = deployed();
    let [stateful, _] = stacks(&sandbox);
    changed_by_hand(aws, &sandbox, &stateful, "umb 99.0.0, 00", |template| {
        template["Resources"]["Topic"] = json!({"Type": "AWS::SNS::Topic"});
    });
    let run = sandbox.umb(&["deploy", "dev", "--yes"]).fails(1);
    assert!(
        run.stderr.contains(&format!(
            "error: {stateful} was deployed by umb 99.0.0, which is newer than this one"
        )),
        "{run:#?}"
    );
    sandbox
        .umb(&["deploy", "dev", "--yes", "--allow-downgrade"])
        .ok();
}
