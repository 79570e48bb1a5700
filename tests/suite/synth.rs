//! `umb synth`, and what AWS's own schemas say of the templates.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::harness::{Sandbox, assert_lints};

#[test]
fn cfn_lint_has_nothing_to_say() {
    let sandbox = Sandbox::new();
    sandbox.whole_settings("[stages.qa]\nauthorization = \"NONE\"\nreserved_concurrency = 7\nread_capacity = { min = 5, max = 50 }");
    let written = sandbox.umb(&["synth"]).ok().stdout;
    let templates: Vec<_> = written
        .lines()
        .filter(|line| line.ends_with(".template.json"))
        .map(|line| sandbox.work().join(line))
        .collect();
    assert_eq!(templates.len(), 6, "{written}");
    assert_lints(&templates);

    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
    assert_lints(&[assets.join("stateful.yaml"), assets.join("stateless.yaml")]);
}

#[test]
fn synth_writes_a_stages_templates_and_parameters() {
    let sandbox = Sandbox::new();
    sandbox.whole_settings("stages.prod = { account = \"111111111111\", region = \"eu-west-1\", reserved_concurrency = 10 }");
    let written = sandbox.umb(&["synth", "prod", "--out", "out"]).ok().stdout;
    assert_eq!(
        written,
        "out/UserManagementBackend-Prod-Stateful.template.json\n\
         out/UserManagementBackend-Prod-Stateful.parameters.json\n\
         out/UserManagementBackend-Prod-Stateless.template.json\n\
         out/UserManagementBackend-Prod-Stateless.parameters.json\n"
    );
    let parameters = fs::read(
        sandbox
            .work()
            .join("out/UserManagementBackend-Prod-Stateless.parameters.json"),
    )
    .unwrap();
    let parameters: Value = serde_json::from_slice(&parameters).unwrap();
    let value = |key: &str| {
        let parameters = parameters.as_array().unwrap();
        parameters
            .iter()
            .find(|parameter| parameter["ParameterKey"] == key)
            .unwrap()["ParameterValue"]
            .clone()
    };
    assert_eq!(value("ReservedConcurrency"), "10");
    assert_eq!(
        value("StatefulStack"),
        "UserManagementBackend-Prod-Stateful"
    );
    assert_eq!(
        value("HandlerBucket"),
        "usermanagementbackend-assets-111111111111-eu-west-1-an"
    );
}
