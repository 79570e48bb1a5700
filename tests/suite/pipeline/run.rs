//! A run of the pipeline, action by action: what CodeBuild would run is run, in clean folders with the artifact of
//! the step before; what CodePipeline would do is done with the roles that it would have. The resources of a stack MiniStack
//! creates with its own rights; so `roles` also compares the execution role's policy with AWS's schemas.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use tempfile::TempDir;

use serde_json::{Value, json};

use crate::harness::texts;

use super::world::{ACCOUNT, ASSUME, World, profile, synthesized};

#[test]
fn a_stage_goes_through_all_actions_of_the_pipeline() {
    let world = World::new("[stages.prod]\nalarm = false");
    world.synthesize();
    let (stateful, stateless) = ("Prod-Stateful", "Prod-Stateless");

    world.publish();
    let prepared = world.cloudformation(stateful, "Stateful.Prepare");
    assert_eq!(prepared["status"], "CREATE_COMPLETE", "{prepared}");
    let planned = world.build(stateful, "Plan");
    assert_eq!(planned.code, 0, "{planned:#?}");
    for text in [
        "-Prod-Stateful: will be created",
        "-Prod-Stateless: will be created",
        "no data would be lost",
    ] {
        assert!(planned.output.contains(text), "{text}: {planned:#?}");
    }
    let deployed = world.cloudformation(stateful, "Stateful.Deploy");
    assert_eq!(deployed["status"], "CREATE_COMPLETE");
    let tried = world.build(stateless, "Stateless.Deploy");
    assert_eq!(tried.code, 0, "{tried:#?}");
    for step in ["create", "get", "update", "delete", "is gone"] {
        assert!(
            tried.output.contains(&format!("a temporary user: {step}")),
            "{tried:#?}"
        );
    }
    // What no template can say, the last check does: the stage is protected.
    let status = world.sandbox.umb(&["status", "prod", "--json"]).ok().stdout;
    let status: Value = serde_json::from_str(&status).unwrap();
    let stacks = status[0]["stacks"].as_array().unwrap();
    assert!(
        stacks.len() == 2 && stacks.iter().all(|stack| stack["protected"] == true),
        "{status}"
    );
    // And umb itself finds nothing to do.
    let plan = world.sandbox.umb(&["plan", "prod", "--json"]).ok().stdout;
    let plan: Value = serde_json::from_str(&plan).unwrap();
    for stack in [0, 1] {
        assert_eq!(plan["stacks"][stack]["action"], "none", "{plan:#}");
    }

    // Once more, nothing changes.
    let again = world.cloudformation(stateful, "Stateful.Prepare");
    assert_eq!(again["status"], "FAILED");
    let planned = world.build(stateful, "Plan");
    assert_eq!(planned.code, 0, "{planned:#?}");
    assert!(
        planned.output.contains("-Prod-Stateless: no changes"),
        "{planned:#?}"
    );
    let tried = world.build(stateless, "Stateless.Deploy");
    assert_eq!(tried.code, 0, "{tried:#?}");
}

/// An alarm that goes off again and again, so that it does so while it is watched.
#[test]
fn an_alarm_that_goes_off_after_a_deploy_fails_the_stage_with_its_reason() {
    let world = World::new("");
    world.sandbox.umb(&["deploy", "prod"]).ok();
    world.make_allowances();
    let planned = world.plan("one");
    assert_eq!(planned.code, 0, "{planned:#?}");
    let alarm = format!("{}-Prod-Stateless-APIErrors", world.sandbox.app);
    let done = AtomicBool::new(false);
    let ran = thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                for (state, reason) in [("OK", "few"), ("ALARM", "too many of them")] {
                    let query = format!(
                        "Action=SetAlarmState&Version=2010-08-01&AlarmName={alarm}&StateValue={state}&StateReason={reason}"
                    );
                    world.aws.form(&world.sandbox, "monitoring", &query);
                }
            }
        });
        let ran = world.build("Prod-Stateless", "Stateless.Deploy");
        done.store(true, Ordering::Relaxed);
        ran
    });
    assert_eq!(ran.code, 1, "{ran:#?}");
    assert!(ran.output.contains("a temporary user: is gone"), "{ran:#?}");
    assert!(
        ran.output
            .contains("error: the alarm of the stage prod went off: too many of them\n"),
        "{ran:#?}"
    );
}

#[test]
fn a_change_that_would_lose_data_is_not_planned() {
    let world = World::new("[stages.prod]\nprotected = false");
    world.synthesize();
    let (stage, prepare, plan) = ("Prod-Stateful", "Stateful.Prepare", "Plan");
    world.cloudformation(stage, prepare);
    world.cloudformation(stage, "Stateful.Deploy");
    let templates = TempDir::new().unwrap();
    world.load("Deployment", "Templates", templates.path());
    let file = templates
        .path()
        .join(format!("{}-Prod-Stateful.template.json", world.sandbox.app));
    let mut template: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    template["Resources"]["Table"]["Properties"]["TableName"] =
        format!("{}-Other", world.sandbox.app).into();
    fs::write(&file, template.to_string()).unwrap();
    world.store("Synth", "Templates", templates.path());
    let prepared = world.cloudformation(stage, prepare);
    assert_eq!(prepared["status"], "CREATE_COMPLETE", "{prepared}");
    let guarded = world.build(stage, plan);
    assert_eq!(guarded.code, 1, "{guarded:#?}");
    assert!(
        guarded.output.contains(
            "would lose its data: Table (AWS::DynamoDB::Table) would be replaced or deleted"
        ),
        "{guarded:#?}"
    );
    // Any umb but the pinned one does nothing at all.
    let key = format!(
        "{}/runner/{}",
        world.asset_bucket(),
        world.parameters["RunnerSHA256"]
    );
    world.put_as_root(&key, b"#!/bin/sh\nexit 0\n");
    let forged = world.build(stage, plan);
    assert_ne!(forged.code, 0, "{forged:#?}");
    assert!(forged.output.contains("umb: FAILED"), "{forged:#?}");
}

#[test]
fn what_a_newer_umb_deployed_is_not_undone_by_an_older_runner() {
    let world = World::new("");
    world.sandbox.umb(&["deploy", "prod", "--yes"]).ok();
    world.make_allowances();
    let stack = format!("{}-Prod-Stateful", world.sandbox.app);
    let mut template = world.aws.template(&world.sandbox, &stack);
    template["Resources"]["Topic"] = json!({"Type": "AWS::SNS::Topic"});
    let newer = [("DeployedBy", "umb 99.0.0, 00")];
    world
        .aws
        .update_stack(&world.sandbox, (&stack, &template), &newer, &[]);
    world
        .aws
        .until_status(&world.sandbox, &stack, "UPDATE_COMPLETE");
    world.commit_settings();
    let guarded = world.build("Synth", "Synth");
    assert_eq!(guarded.code, 1, "{guarded:#?}");
    assert!(
        guarded
            .output
            .contains("was deployed by umb 99.0.0, which is newer than this one")
            && guarded
                .output
                .contains("`umb deploy pipeline` with umb 99.0.0, run by a person"),
        "{guarded:#?}"
    );
}

#[test]
fn a_table_that_outlived_its_stack_is_left_to_a_person() {
    let world = World::new("");
    world.sandbox.umb(&["deploy", "prod", "--yes"]).ok();
    let app = world.sandbox.app.clone();
    world
        .sandbox
        .umb(&["destroy", "prod", "--confirm", &format!("{app}-Prod")])
        .ok();
    world.make_allowances();
    world.synthesize();
    world.cloudformation("Prod-Stateful", "Stateful.Prepare");
    let guarded = world.build("Prod-Stateful", "Plan");
    assert_eq!(guarded.code, 1, "{guarded:#?}");
    assert!(
        guarded
            .output
            .contains("CodePipeline cannot import it\nhint: run `umb deploy prod` to import it"),
        "{guarded:#?}"
    );
}

#[test]
fn the_roles_trust_the_pipeline_alone_and_do_no_more_than_their_duty() {
    let world = World::new("");
    let app = &world.sandbox.app;
    let stack = format!("{app}-Prod-Stateful");
    let execute = json!({"stack": stack, "change_set": "PipelineChange"});
    // Another role of the account gets no access, whatever its own policies say.
    for profile in ["DeploymentByOther", "CheckByOther"] {
        assert_eq!(
            world.act(profile, "execute", &execute),
            json!({"error": "AccessDenied"}),
            "{profile}"
        );
    }
    // What checks cannot deploy, and what deploys cannot leave its stacks.
    assert_eq!(
        world.act("Check", "execute", &execute),
        json!({"error": "AccessDenied"})
    );
    let foreign = json!({
        "stack": format!("{app}-Foreign"), "change_set": "PipelineChange", "template": "{}",
        "configuration": "{\"Parameters\": {}, \"Tags\": {}}", "role": format!("arn:aws:iam::{ACCOUNT}:role/x"),
    });
    assert_eq!(
        world.act("Deployment", "prepare", &foreign),
        json!({"error": "AccessDenied"})
    );
    let file = world.sandbox.work().join("umb.toml");
    let elsewhere = json!({"bucket": world.asset_bucket(), "key": "other/key", "file": file});
    assert_eq!(
        world.act("Deployment", "publish", &elsewhere),
        json!({"error": "AccessDenied"})
    );
}

/// MiniStack creates the resources of stacks with its own rights, whatever role they have, so what their handlers do is
/// done here as the role.
#[test]
fn the_execution_role_may_do_to_a_stages_resources_what_it_takes_and_to_no_others() {
    let world = World::new("[stages.prod]\nprotected = false");
    world.sandbox.umb(&["deploy", "prod"]).ok();
    let app = &world.sandbox.app;
    let name = format!("{app}-Execution-eu-west-1");
    let services = format!("arn:aws:iam::{ACCOUNT}:user/{app}-services");
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ASSUME, "Principal": {"AWS": services}}
    ]});
    world.iam(&format!(
        "Action=UpdateAssumeRolePolicy&RoleName={name}&PolicyDocument={trust}"
    ));
    // For these, MiniStack gives policies no resource; AWS does:
    // https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*", "Action": [
        "cloudwatch:DeleteAlarms", "cloudwatch:DeleteDashboards", "cloudwatch:DescribeAlarms",
        "cloudwatch:GetDashboard", "cloudwatch:PutDashboard", "lambda:CreateFunction", "logs:DescribeLogGroups",
    ]}]});
    world.iam(&format!(
        "Action=PutRolePolicy&RoleName={name}&PolicyName=Emulator&PolicyDocument={policy}"
    ));
    let mut profiles = fs::read_to_string(&world.profiles).unwrap();
    profiles += &profile("Execution", &name, "services");
    fs::write(&world.profiles, profiles).unwrap();
    let stack = format!("{app}-Prod-Stateless");
    let described =
        world
            .aws
            .cloudformation(&world.sandbox, "DescribeStacks", &[("StackName", &stack)]);
    let keys = texts(&described, "ParameterKey");
    let values = texts(&described, "ParameterValue");
    let value = |key: &str| {
        let index = keys
            .as_array()
            .unwrap()
            .iter()
            .position(|one| one == key)
            .unwrap();
        values[index].clone()
    };
    let answer = world.act(
        "Execution",
        "provision",
        &json!({
            "account": ACCOUNT, "app": app, "stage": "Prod",
            "bucket": value("HandlerBucket"), "key": value("HandlerKey"),
        }),
    );
    assert_eq!(answer, json!({"refused": [], "allowed": []}));
}

#[test]
fn a_commit_without_settings_is_refused_with_what_writes_them() {
    let world = World::new("");
    world.commit(&[("README.md", "# Ours\n")]);
    let ran = world.build("Synth", "Synth");
    assert_eq!(ran.code, 2, "{ran:#?}");
    assert!(
        ran.output
            .ends_with("error: there is no umb.toml here or in a folder above\nhint: `umb init` asks for what the pipeline needs, and writes it\n"),
        "{ran:#?}"
    );
    // What the pipeline itself would have to be changed for first.
    let settings = fs::read_to_string(world.sandbox.work().join("umb.toml")).unwrap();
    let with_function = format!("{settings}\n[function]\nsource = \"handler\"\n");
    world.commit(&[("umb.toml", &with_function)]);
    let ran = world.build("Synth", "Synth");
    assert_eq!(ran.code, 1, "{ran:#?}");
    assert!(
        ran.output
            .contains("umb.toml names a function, and this execution has built none"),
        "{ran:#?}"
    );
}

#[test]
fn another_commit_leaves_the_definition_as_it_is() {
    let world = World::new("");
    let before = synthesized(&world.sandbox);
    // A stage's own settings, and with them its templates, are of another commit.
    let file = world.sandbox.work().join("umb.toml");
    let settings = fs::read_to_string(&file).unwrap();
    fs::write(
        &file,
        format!("{settings}\n[stages.prod]\nread_capacity = 7\n"),
    )
    .unwrap();
    assert_eq!(before, synthesized(&world.sandbox));
}
