//! What the roles of the pipeline may do: enough, and no more, as AWS's own schemas and documents have it.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use crate::harness::{Sandbox, peer};

use super::synthesized::{BASE, OWN, combinations, read, sandbox, written};
use super::unused_permissions::{UNREAD, UNUSED};

#[test]
fn a_boundary_is_that_of_every_role() {
    let sandbox = Sandbox::new();
    sandbox.whole_settings(&format!(
        "permissions_boundary = \"Bounds\"\n[pipeline]\naccount = \"{OWN}\"\n{BASE}"
    ));
    for target in ["pipeline", "bootstrap"] {
        let template = read(&written(&sandbox, target));
        for (id, resource) in template["Resources"].as_object().unwrap() {
            if resource["Type"] == "AWS::IAM::Role" {
                let boundary = &resource["Properties"]["PermissionsBoundary"]["Fn::Sub"];
                assert!(
                    boundary.as_str().unwrap().ends_with(":policy/Bounds"),
                    "{id}"
                );
            }
        }
    }
}

/// The statements of a role's policies that allow something.
pub fn allowed(role: &Value) -> Vec<&Value> {
    let policies = role["Properties"]["Policies"]
        .as_array()
        .into_iter()
        .flatten();
    let statements = policies.flat_map(|policy| {
        policy["PolicyDocument"]["Statement"]
            .as_array()
            .into_iter()
            .flatten()
    });
    statements
        .map(|statement| {
            // A statement under a condition is the second of three.
            let conditional = statement["Fn::If"].as_array();
            conditional.map_or(statement, |parts| &parts[1])
        })
        .collect()
}

pub fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        Value::Object(map) => map.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn no_statement_allows_a_wildcard_of_actions_and_each_star_is_explained() {
    let mut stars = 0;
    for (name, sandbox) in combinations() {
        for target in ["pipeline", "bootstrap"] {
            let template = read(&written(&sandbox, target));
            for (id, resource) in template["Resources"].as_object().unwrap() {
                for statement in allowed(resource) {
                    let actions = texts(&statement["Action"]);
                    assert!(!actions.is_empty(), "{name}: {id}: {statement}");
                    assert!(
                        actions.iter().all(|action| !action.contains('*')),
                        "{name}: {id}: {statement}"
                    );
                    stars += usize::from(texts(&statement["Resource"]).contains(&"*"));
                }
            }
        }
    }
    assert!(stars > 0, "the check sees none of the stars that there are");
    for file in ["pipeline.yaml", "bootstrap.yaml"] {
        let text = std::fs::read_to_string(format!("{}/assets/{file}", env!("CARGO_MANIFEST_DIR")));
        let text = text.unwrap();
        let lines: Vec<_> = text.lines().collect();
        for (index, line) in lines.iter().enumerate() {
            if line.trim() != "Resource: '*'" {
                continue;
            }
            let statement = (0..index).rev().find(|index| {
                let line = lines[*index].trim_start();
                line.starts_with("- Effect:") || line.starts_with("- Sid:")
            });
            let statement = statement.unwrap();
            assert!(
                lines[statement - 1].trim_start().starts_with('#'),
                "{file}:{}: why?",
                index + 1
            );
        }
    }
}

/// What AWS says that a resource type's handlers may call, by its own schemas.
pub fn permissions(types: &BTreeSet<String>) -> BTreeSet<String> {
    permissions_of("create read update delete", types)
}

fn permissions_of(handlers: &str, types: &BTreeSet<String>) -> BTreeSet<String> {
    let script = "
import cfnlint, json, pathlib, sys
folder = pathlib.Path(cfnlint.__file__).parent / 'data/schemas'
known = json.loads((folder / 'providers/eu-west-1.json').read_text())
found = set()
for name in sys.argv[2:]:
    handlers = json.loads((folder / f'resources/{known[name]}.json').read_text()).get('handlers', {})
    for kind in sys.argv[1].split():
        found |= set(handlers.get(kind, {}).get('permissions', []))
print('\\n'.join(sorted(found)))
";
    let output = Command::new(peer("python"))
        .args(["-c", script, handlers])
        .args(types)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}

pub fn types(template: &Value) -> BTreeSet<String> {
    let resources = template["Resources"].as_object().unwrap().values();
    resources
        .map(|resource| resource["Type"].as_str().unwrap().to_owned())
        .collect()
}

pub fn actions(role: &Value) -> BTreeSet<String> {
    let statements = allowed(role).into_iter();
    let actions = statements.flat_map(|statement| texts(&statement["Action"]));
    actions.map(str::to_owned).collect()
}

#[track_caller]
pub fn assert_enough_and_minimal(role: &Value, types: &BTreeSet<String>, extra: &[&str]) {
    let granted = actions(role);
    let documented = permissions(types);
    let beyond: Vec<_> = granted
        .iter()
        .filter(|action| !documented.contains(*action) && !extra.contains(&action.as_str()))
        .collect();
    assert!(
        beyond.is_empty(),
        "granted, and no handler calls it: {beyond:#?}"
    );
    let unused: BTreeSet<_> = UNUSED
        .iter()
        .flat_map(|(_, actions)| actions.iter().copied())
        .collect();
    let missing: Vec<_> = documented
        .iter()
        .filter(|action| !granted.contains(*action) && !unused.contains(action.as_str()))
        .collect();
    assert!(
        missing.is_empty(),
        "a handler calls it, and it is not granted: {missing:#?}"
    );
    // CloudFormation reads all of a resource, whatever its template says.
    let unread: Vec<_> = permissions_of("read", types)
        .into_iter()
        .filter(|action| !granted.contains(action) && !UNREAD.contains(&action.as_str()))
        .collect();
    assert!(
        unread.is_empty(),
        "CloudFormation reads with it, and it is not granted: {unread:#?}"
    );
}

#[test]
fn the_execution_roles_allow_what_the_resource_types_take_and_nothing_else() {
    let sandbox = sandbox(
        "notify = \"mailto:ops@example.com\"",
        "[stages.prod]\naccount = \"222222222222\"\nread_capacity = { min = 5, max = 50 }",
    );
    let bootstrap = read(&written(&sandbox, "bootstrap"));
    let role = |name: &str| &bootstrap["Resources"][name];
    let stages = sandbox.umb(&["synth", "prod"]).ok().stdout;
    let templates = stages
        .lines()
        .filter(|line| line.ends_with(".template.json"));
    let stage_types = templates
        .flat_map(|line| types(&read(&sandbox.work().join(line))))
        .collect();
    // How API Gateway is let into the group of the access logs, beyond what the group's own handlers do:
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
    let delivery = [
        "logs:DeleteLogDelivery",
        "logs:GetLogDelivery",
        "logs:ListLogDeliveries",
        "logs:UpdateLogDelivery",
    ];
    assert_enough_and_minimal(role("ExecutionRole"), &stage_types, &delivery);
    let pipeline_types = types(&read(&written(&sandbox, "pipeline")));
    // CodeBuild's schema says nothing of its handlers; the second name of the connections' service.
    let extra = [
        "codebuild:BatchGetProjects",
        "codebuild:CreateProject",
        "codebuild:DeleteProject",
        "codebuild:UpdateProject",
        "codeconnections:PassConnection",
    ];
    assert_enough_and_minimal(role("PipelineExecutionRole"), &pipeline_types, &extra);
}
