//! What people agree to, and what is deployed: the plan of an execution, and what becomes broader by its commit.

use std::fs;
use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use crate::harness::Ran;

use super::world::World;

const APPROVED: &str = "[stages.prod]\nalarm = false\n";

/// A world whose stage prod a person has deployed, and whose commits need an approval.
fn deployed(stage: &str) -> World {
    let world = World::new(&format!("approval = [\"prod\"]\n{APPROVED}{stage}"));
    world.sandbox.umb(&["deploy", "prod", "--yes"]).ok();
    world.make_allowances();
    world
}

/// Sets a key of prod in umb.toml.
fn change(world: &World, key: &str, value: &str) {
    let file = world.sandbox.work().join("umb.toml");
    let settings = fs::read_to_string(&file).unwrap();
    let others = settings.lines().filter(|line| !line.starts_with(key));
    let others: Vec<_> = others.collect();
    let changed = format!("{}\n", others.join("\n"));
    let changed = changed.replace(APPROVED, &format!("{APPROVED}{key} = {value}\n"));
    fs::write(&file, changed).unwrap();
}

fn stateless(world: &World) -> Ran {
    world.cloudformation("Prod-Stateful", "Stateful.Deploy");
    world.build("Prod-Stateless", "Stateless.Deploy")
}

/// Whether the planned change set of Stateless was executed.
fn was_executed(world: &World) -> bool {
    let stack = format!("{}-Prod-Stateless", world.sandbox.app);
    let name = [
        ("StackName", stack.as_str()),
        ("ChangeSetName", "PipelineChange-one"),
    ];
    let described = world
        .aws
        .cloudformation(&world.sandbox, "DescribeChangeSet", &name);
    described.contains("EXECUTE_COMPLETE")
}

#[test]
fn what_is_approved_is_what_is_deployed() {
    let world = deployed("");
    change(&world, "log_retention_days", "14");
    let planned = world.plan("one");
    assert_eq!(planned.code, 0, "{planned:#?}");
    assert!(planned.output.contains("RetentionInDays"), "{planned:#?}");
    assert!(!was_executed(&world));
    let ran = stateless(&world);
    assert_eq!(ran.code, 0, "{ran:#?}");
    assert!(was_executed(&world));

    // While an approval waits, a person deploys something else: the commit would take it back, which nobody has seen.
    change(&world, "reserved_concurrency", "7");
    let planned = world.plan("two");
    assert_eq!(planned.code, 0, "{planned:#?}");
    change(&world, "allowed_accounts", "[\"222222222222\"]");
    world.sandbox.umb(&["deploy", "prod", "--yes"]).ok();
    world.make_allowances();
    let ran = stateless(&world);
    assert_eq!(ran.code, 1, "{ran:#?}");
    assert!(
        ran.output.contains("has changed since this was planned")
            && ran
                .output
                .contains("hint: the API and the function stay as they are; `umb pipeline run`"),
        "{ran:#?}"
    );
}

/// The stage was deployed, and what came after that failed: what is retried is done.
#[test]
fn what_was_deployed_may_be_retried() {
    let world = deployed("");
    change(&world, "log_retention_days", "14");
    let planned = world.plan("one");
    assert_eq!(planned.code, 0, "{planned:#?}");
    for _ in 0..2 {
        let ran = stateless(&world);
        assert_eq!(ran.code, 0, "{ran:#?}");
    }
}

#[test]
fn a_rollback_does_not_change_who_may_call_the_api() {
    let world = deployed("");
    let planned = world.plan("one");
    assert_eq!(planned.code, 0, "{planned:#?}");
    change(&world, "log_retention_days", "14");
    world.sandbox.umb(&["deploy", "prod", "--yes"]).ok();
    world.make_allowances();
    // CodePipeline runs the stage's actions with the artifacts of the execution to go back to.
    "back".clone_into(&mut world.execution.lock().unwrap());
    world.rolls_back.store(true, Ordering::Relaxed);
    let ran = world.build("Prod-Stateless", "Stateless.Deploy");
    assert_eq!(ran.code, 0, "{ran:#?}");
    assert!(ran.output.contains("a rollback: "), "{ran:#?}");

    change(&world, "allowed_accounts", "[\"222222222222\"]");
    world.sandbox.umb(&["deploy", "prod", "--yes"]).ok();
    world.make_allowances();
    let ran = world.build("Prod-Stateless", "Stateless.Deploy");
    assert_eq!(ran.code, 1, "{ran:#?}");
    assert!(
        ran.output.contains(
            "would undo what people have decided since: no longer: identities of the account 222222222222 may"
        ),
        "{ran:#?}"
    );
}

/// The digest in a refusal's hint.
pub fn digest(ran: &Ran) -> String {
    let (_, rest) = ran.output.split_once("--broader ").unwrap();
    rest[..32].to_owned()
}

fn allow(world: &World, execution: &str, digest: &str) {
    let key = format!("{}/approvals/{execution}/{digest}", world.asset_bucket());
    world.put_as_root(&key, digest.as_bytes());
}

#[test]
fn what_becomes_broader_takes_a_person_who_allows_exactly_that() {
    let world = deployed("");
    change(&world, "allowed_accounts", "[\"222222222222\"]");
    let refused = world.plan("one");
    assert_eq!(refused.code, 1, "{refused:#?}");
    assert!(
        refused
            .output
            .contains("nobody has allowed what this commit makes broader: "),
        "{refused:#?}"
    );
    let wanted = digest(&refused);
    // Neither another execution's approval counts, nor one of something else.
    allow(&world, "another", &wanted);
    allow(&world, "one", &"0".repeat(32));
    let refused = world.build("Prod-Stateful", "Plan");
    assert_eq!(refused.code, 1, "{refused:#?}");
    allow(&world, "one", &wanted);
    let planned = world.build("Prod-Stateful", "Plan");
    assert_eq!(planned.code, 0, "{planned:#?}");
    let ran = stateless(&world);
    assert_eq!(ran.code, 0, "{ran:#?}");

    // The next commit opens more: that is another digest.
    change(
        &world,
        "allowed_accounts",
        "[\"222222222222\", \"333333333333\"]",
    );
    let refused = world.plan("two");
    assert_eq!(refused.code, 1, "{refused:#?}");
    assert_ne!(digest(&refused), wanted);
}

#[test]
fn no_role_of_the_pipeline_can_allow_anything() {
    let world = World::new("[function]\nsource = \"handler\"");
    let file = world.sandbox.work().join("umb.toml");
    let key = format!("approvals/one/{}", "0".repeat(32));
    let publish = json!({"bucket": world.asset_bucket(), "key": key, "file": file});
    for role in [
        "Pipeline",
        "Source",
        "Start",
        "Function",
        "Synth",
        "Update",
        "Plan",
        "Deploy",
        "Deployment",
        "Check",
    ] {
        let answer: Value = world.act(role, "publish", &publish);
        assert_eq!(answer, json!({"error": "AccessDenied"}), "{role}");
    }
}

#[test]
fn roles_of_an_older_umb_are_refused_with_what_updates_them() {
    let world = World::new("");
    world.synthesize();
    let stack = format!("{}-Bootstrap", world.sandbox.app);
    let mut template = world.aws.template(&world.sandbox, &stack);
    template["Outputs"]
        .as_object_mut()
        .unwrap()
        .remove("Version");
    world
        .aws
        .update_stack(&world.sandbox, (&stack, &template), &[], &[]);
    world
        .aws
        .until_status(&world.sandbox, &stack, "UPDATE_COMPLETE");
    world.commit_settings();
    let ran = world.build("Synth", "Synth");
    assert_eq!(ran.code, 1, "{ran:#?}");
    assert!(
        ran.output.contains("the roles of the stage prod are those of an older umb\nhint: `umb bootstrap prod --trust"),
        "{ran:#?}"
    );
}
