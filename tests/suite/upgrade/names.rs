//! Names that deployed stacks, other stacks and programs rely on: they stay as they are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::harness::Sandbox;

use super::fixture::{APP, Stack, text, types};

/// The templates, parameters and tags that this version renders from the fixtures' settings, by stack.
fn current() -> BTreeMap<String, (Value, BTreeMap<String, String>)> {
    let sandbox = Sandbox::new();
    let mut made = BTreeMap::new();
    for (settings, targets) in [
        (format!("app = \"{APP}\"\n"), &["all"][..]),
        (text("pipeline.toml"), &["pipeline", "bootstrap"]),
    ] {
        sandbox.whole_settings(&settings);
        for target in targets {
            let written = sandbox.umb(&["synth", target]).ok().stdout;
            let paths: Vec<_> = written
                .lines()
                .map(|path| sandbox.work().join(path))
                .collect();
            let read = |path: &Path| -> Value {
                serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
            };
            let is_template = |path: &&PathBuf| path.to_str().unwrap().ends_with(".template.json");
            for template in paths.iter().filter(is_template) {
                let name = template.file_name().unwrap().to_str().unwrap();
                let name = name.trim_end_matches(".template.json").to_owned();
                let parameters = template.with_file_name(format!("{name}.parameters.json"));
                let parameters = read(&parameters)
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|one| {
                        let text = |key: &str| one[key].as_str().unwrap().to_owned();
                        (text("ParameterKey"), text("ParameterValue"))
                    })
                    .collect();
                made.insert(name, (read(template), parameters));
            }
        }
    }
    made
}

/// What a resource is called in AWS, where its template says it.
fn given_names(template: &Value) -> BTreeMap<String, String> {
    const NAMES: [&str; 9] = [
        "AlarmName",
        "AliasName",
        "BucketName",
        "DashboardName",
        "FunctionName",
        "LogGroupName",
        "Name",
        "RoleName",
        "TableName",
    ];
    let mut names = BTreeMap::new();
    for (id, resource) in template["Resources"].as_object().unwrap() {
        for key in NAMES {
            if let Some(name) = resource["Properties"].get(key) {
                names.insert(format!("{id}.{key}"), name.to_string());
            }
        }
    }
    names
}

/// What compiled umb in the pipeline, which nothing does now, and what checked stages: they are planned and deployed.
pub const GONE: [&str; 4] = ["BuildProject", "BuildRole", "ChecksProject", "ChecksRole"];

#[test]
fn logical_ids_names_parameters_and_exports_stay() {
    let current = current();
    for part in [
        "Dev-Stateful",
        "Dev-Stateless",
        "Prod-Stateful",
        "Prod-Stateless",
        "Bootstrap",
        "Pipeline",
    ] {
        let old = Stack::read(part);
        let (template, parameters) = &current[&old.name];
        let now = types(template);
        for (id, kind) in old.types() {
            // Its logical ID contains a hash of the API's definition.
            if kind != "AWS::ApiGateway::Deployment" && !GONE.contains(&id.as_str()) {
                assert_eq!(now.get(&id), Some(&kind), "{part} {id}");
            }
        }
        for (name, given) in given_names(&old.template) {
            if GONE.iter().any(|id| name.contains(id)) {
                continue;
            }
            assert_eq!(
                given_names(template).get(&name),
                Some(&given),
                "{part} {name}"
            );
        }
        for key in old.parameters.keys() {
            assert!(parameters.contains_key(key), "{part} {key}");
        }
        for (key, export) in &old.outputs {
            let output = &template["Outputs"][key];
            assert!(output.is_object(), "{part} {key}");
            assert_eq!(
                output["Export"], old.template["Outputs"][key]["Export"],
                "{part} {key}"
            );
            assert_eq!(output["Export"].is_null(), export.is_none(), "{part} {key}");
        }
    }
}

#[test]
fn a_stacks_origin_is_written_as_before() {
    let (_, parameters) = &current()[&format!("{APP}-Dev-Stateful")];
    let origin = &parameters["DeployedBy"];
    let (version, digest) = origin
        .strip_prefix("umb ")
        .unwrap()
        .split_once(", ")
        .unwrap();
    assert_eq!(version, env!("CARGO_PKG_VERSION"));
    assert!(
        digest.len() == 16 && digest.bytes().all(|digit| digit.is_ascii_hexdigit()),
        "{origin}"
    );
}
