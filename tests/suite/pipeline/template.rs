//! What linters and CodePipeline's limits say of the pipeline's template and of that of its roles.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::harness::{Sandbox, assert_lints, checkov};

use super::roles::allowed;
use super::synthesized::{BASE, OWN, combinations, read, sandbox, written};

/// What checkov asks for and umb does not do, and why.
const SKIPPED: [(&str, &str); 9] = [
    (
        "CKV_AWS_18",
        "the artifact bucket's requests are the pipeline's own; CloudTrail has them",
    ),
    (
        "CKV_AWS_26",
        "messages name an execution, nothing that is secret; AWS's own key lets no EventBridge in",
    ),
    (
        "CKV_AWS_28",
        "point-in-time recovery is that of protected stages",
    ),
    (
        "CKV_AWS_116",
        "the function is called synchronously: nothing to put into a dead-letter queue",
    ),
    (
        "CKV_AWS_117",
        "the function calls DynamoDB alone: no network of one's own",
    ),
    ("CKV_AWS_119", "DynamoDB's own key encrypts the table"),
    (
        "CKV_AWS_120",
        "a cache would answer with what a user was before",
    ),
    ("CKV_AWS_158", "CloudWatch's own key encrypts the logs"),
    (
        "CKV_AWS_173",
        "the function's one variable is the table's name",
    ),
];

#[test]
fn cfn_lint_has_nothing_to_say_of_any_combination() {
    let combinations = combinations();
    let templates = combinations
        .iter()
        .flat_map(|(_, sandbox)| [written(sandbox, "pipeline"), written(sandbox, "bootstrap")]);
    let templates: Vec<_> = templates.collect();
    assert_lints(&templates);
}

#[test]
fn checkov_has_nothing_to_say_but_what_is_explained() {
    let combinations = combinations();
    let (_, everything) = &combinations[5];
    let skipped: Vec<_> = SKIPPED.iter().map(|(check, _)| *check).collect();
    let mut files = vec![
        written(everything, "pipeline"),
        written(everything, "bootstrap"),
    ];
    let stages = everything.umb(&["synth"]).ok().stdout;
    let stages = stages
        .lines()
        .filter(|line| line.ends_with(".template.json"));
    files.extend(stages.map(|line| everything.work().join(line)));
    let output = Command::new(checkov())
        .arg("--file")
        .args(files)
        .args([
            "--framework",
            "cloudformation",
            "--skip-download",
            "--quiet",
            "--compact",
        ])
        .args(["--output", "json"])
        .output()
        .unwrap();
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let failed = found["results"]["failed_checks"].as_array().unwrap();
    let failed: BTreeSet<_> = failed
        .iter()
        .map(|check| {
            (
                check["check_id"].as_str().unwrap(),
                check["resource"].as_str().unwrap(),
            )
        })
        .collect();
    let unexplained: Vec<_> = failed
        .iter()
        .filter(|(check, _)| !skipped.contains(check))
        .collect();
    assert!(unexplained.is_empty(), "{unexplained:#?}");
    // An explanation of nothing is one too many.
    let idle: Vec<_> = SKIPPED
        .iter()
        .filter(|(check, _)| !failed.iter().any(|(id, _)| id == check))
        .collect();
    assert!(idle.is_empty(), "{idle:#?}");
}

#[test]
fn all_stages_that_there_may_be_fit_into_a_template_and_into_policies() {
    for (name, sandbox) in combinations() {
        for target in ["pipeline", "bootstrap"] {
            let template = read(&written(&sandbox, target));
            let size = template.to_string().len();
            // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
            let limit = if target == "pipeline" {
                1_000_000
            } else {
                51_200
            };
            assert!(size <= limit, "{name}: {target} has {size} bytes");
            for role in template["Resources"].as_object().unwrap().values() {
                // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
                let policies: usize = allowed(role).iter().map(|one| one.to_string().len()).sum();
                assert!(
                    policies <= 10_240,
                    "{name}: {target}: {policies} characters"
                );
            }
        }
    }
}

#[test]
fn each_stage_is_prepared_guarded_deployed_and_tried() {
    let sandbox = sandbox("stages = [\"dev\", \"prod\"]\napproval = [\"prod\"]", "");
    let template = read(&written(&sandbox, "pipeline"));
    let stages = &template["Resources"]["Pipeline"]["Properties"]["Stages"];
    let names: Vec<_> = stages
        .as_array()
        .unwrap()
        .iter()
        .map(|stage| {
            let actions = stage["Actions"].as_array().unwrap().iter();
            let actions: Vec<_> = actions
                .map(|action| action["Name"].as_str().unwrap())
                .collect();
            format!(
                "{}: {}",
                stage["Name"].as_str().unwrap(),
                actions.join(", ")
            )
        })
        .collect();
    assert_eq!(
        names,
        [
            "Source: Source",
            "UpdatePipeline: UpdatePipeline",
            "Synth: Synth",
            "Dev-Stateful: Publish, Stateful.Prepare, Plan, Stateful.Deploy",
            "Dev-Stateless: Publish, Stateless.Deploy",
            "Prod-Stateful: Publish, Stateful.Prepare, Plan, Approve, Stateful.Deploy",
            "Prod-Stateless: Publish, Stateless.Deploy",
        ]
    );
    // What holds data is never rolled back, what does not is.
    let failure = |index: usize| stages[index]["OnFailure"]["Result"].clone();
    assert_eq!([failure(3), failure(4)], [Value::Null, "ROLLBACK".into()]);
}

/// A parameter that `umb synth` writes for the pipeline.
fn parameter(sandbox: &Sandbox, key: &str) -> String {
    let template = written(sandbox, "pipeline");
    let file = template
        .to_str()
        .unwrap()
        .replace(".template.", ".parameters.");
    let parameters = read(Path::new(&file));
    let mut parameters = parameters.as_array().unwrap().iter();
    let found = parameters.find(|parameter| parameter["ParameterKey"] == key);
    found.unwrap()["ParameterValue"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn a_connection_is_named_by_its_arn_of_either_service_or_by_its_name() {
    for (said, meant) in [
        (
            "hub",
            "arn:aws:codeconnections:eu-west-1:111111111111:connection/hub",
        ),
        (
            "arn:aws:codeconnections:eu-west-1:111111111111:connection/1",
            "arn:aws:codeconnections:eu-west-1:111111111111:connection/1",
        ),
        (
            "arn:aws:codestar-connections:eu-west-1:111111111111:connection/1",
            "arn:aws:codestar-connections:eu-west-1:111111111111:connection/1",
        ),
    ] {
        let sandbox = Sandbox::new();
        let base = BASE.replace("\"hub\"", &format!("\"{said}\""));
        sandbox.whole_settings(&format!("[pipeline]\naccount = \"{OWN}\"\n{base}"));
        assert_eq!(parameter(&sandbox, "ConnectionArn"), meant);
    }
}

#[test]
fn the_machine_of_the_build_is_that_of_its_image() {
    let image = "aws/codebuild/amazonlinux-aarch64-standard:3.0";
    for (settings, host, compute) in [
        (String::new(), "LINUX_CONTAINER", "BUILD_GENERAL1_MEDIUM"),
        (
            format!("build_image = \"{image}\"\ncompute_type = \"BUILD_GENERAL1_LARGE\""),
            "ARM_CONTAINER",
            "BUILD_GENERAL1_LARGE",
        ),
    ] {
        let sandbox = sandbox(&settings, "");
        assert_eq!(parameter(&sandbox, "BuildHost"), host);
        assert_eq!(parameter(&sandbox, "ComputeType"), compute);
    }
}

#[test]
fn artifacts_are_shared_with_the_accounts_of_stages_and_no_others() {
    let shared = |template: &Value, resource: &str, policy: &str| -> Vec<String> {
        let statements = &template["Resources"][resource]["Properties"][policy]["Statement"];
        let others = statements.as_array().unwrap().iter();
        let others = others.filter(|one| one["Sid"].as_str().unwrap().starts_with("Other"));
        others.map(|one| one["Principal"].to_string()).collect()
    };
    let places = [
        ("ArtifactBucketPolicy", "PolicyDocument", 2),
        ("ArtifactKey", "KeyPolicy", 1),
    ];
    let own = sandbox("", "");
    let template = read(&written(&own, "pipeline"));
    assert_eq!(parameter(&own, "CrossesAccounts"), "false");
    for (resource, policy, _) in places {
        assert!(shared(&template, resource, policy).is_empty(), "{resource}");
    }
    let foreign = sandbox(
        "stages = [\"dev\", \"prod\"]",
        "[stages.prod]\naccount = \"222222222222\"",
    );
    let template = read(&written(&foreign, "pipeline"));
    assert_eq!(parameter(&foreign, "CrossesAccounts"), "true");
    for (resource, policy, count) in places {
        let shared = shared(&template, resource, policy);
        assert_eq!(shared.len(), count, "{resource}");
        for principal in shared {
            assert!(principal.contains("222222222222:root"), "{principal}");
            assert!(!principal.contains(OWN), "{principal}");
        }
    }
}

#[test]
fn a_filter_of_paths_replaces_the_detection_of_every_commit() {
    let sandbox = sandbox(
        "branch = \"trunk\"\npaths = [\"src/**\", \"Cargo.lock\"]",
        "",
    );
    let template = read(&written(&sandbox, "pipeline"));
    let push = &template["Resources"]["Pipeline"]["Properties"]["Triggers"][0]["GitConfiguration"]
        ["Push"][0];
    assert_eq!(
        push["FilePaths"]["Includes"],
        serde_json::json!(["src/**", "Cargo.lock"])
    );
    assert_eq!(push["Branches"]["Includes"][0]["Ref"], "Branch");
    let source = &template["Resources"]["Pipeline"]["Properties"]["Stages"][0]["Actions"][0];
    assert_eq!(source["Configuration"]["DetectChanges"], "false");
}

#[test]
fn what_umb_toml_does_not_say_is_named_with_the_command_that_fills_it() {
    let sandbox = Sandbox::new();
    for (settings, key, hint) in [
        ("", "pipeline.connection", "umb connection create"),
        (
            "[pipeline]\nconnection = \"c\"",
            "pipeline.account",
            "umb init",
        ),
        (
            "[pipeline]\nconnection = \"c\"\naccount = \"111111111111\"\nregion = \"eu-west-1\"",
            "pipeline.repository",
            "umb init",
        ),
    ] {
        sandbox.whole_settings(settings);
        let run = sandbox.umb(&["synth", "pipeline"]).fails(2);
        let text = format!("error: umb.toml does not set `{key}`\nhint: `{hint}");
        assert!(run.stderr.starts_with(&text), "{run:#?}");
    }
}

#[test]
fn what_the_pipeline_cannot_be_is_refused() {
    let sandbox = Sandbox::new();
    for (settings, text) in [
        (
            "repository = \"OWNER/REPO\"",
            "umb.toml does not set `pipeline.repository`
hint: `umb init`",
        ),
        (
            "repository = \"backend\"",
            "pipeline.repository = \"backend\": must be",
        ),
        (
            "approval = [\"dev\"]",
            "pipeline.approval = [\"dev\"]: must be stages that the pipeline deploys",
        ),
        (
            "notify = \"ops@example.com\"",
            "pipeline.notify = \"ops@example.com\": must be",
        ),
        (
            "stages = [\"a\", \"b\", \"c\", \"d\", \"e\", \"f\", \"g\", \"h\", \"i\", \"j\", \"k\", \"l\", \"m\", \"n\", \"o\", \"p\", \"q\", \"r\", \"s\", \"t\", \"u\"]",
            "must be one to twenty stages",
        ),
        ("stages = [\"nope\"]", "there is no stage `nope`"),
    ] {
        let base = BASE.replace("repository = \"octo/backend\"\n", "");
        let repository = if settings.starts_with("repository") {
            ""
        } else {
            "repository = \"o/r\"\n"
        };
        sandbox.whole_settings(&format!(
            "[pipeline]\naccount = \"{OWN}\"\n{base}{repository}{settings}"
        ));
        let run = sandbox.umb(&["synth", "pipeline"]).fails(2);
        assert!(run.stderr.contains(text), "{text}: {run:#?}");
    }
    sandbox.whole_settings(&format!(
        "[pipeline]\naccount = \"{OWN}\"\n{BASE}[stages.prod]\nregion = \"us-east-1\""
    ));
    let run = sandbox.umb(&["synth", "pipeline"]).fails(2);
    assert!(
        run.stderr
            .contains("stages.prod.region = \"us-east-1\": must be the pipeline's"),
        "{run:#?}"
    );
}
