//! What umb wrote at 002fc52: see `tests/fixtures/README.md`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

/// The app of all fixtures.
pub const APP: &str = "Upgrade";
/// The account of the stages.
pub const ACCOUNT: &str = "333333333333";

/// A stack as it was deployed.
#[derive(Debug, Deserialize)]
pub struct Stack {
    pub name: String,
    pub template: Value,
    pub parameters: BTreeMap<String, String>,
    pub tags: BTreeMap<String, String>,
    /// The role that CloudFormation works with.
    pub role: Option<String>,
    pub termination_protection: bool,
    /// The outputs' export names.
    pub outputs: BTreeMap<String, Option<String>>,
}

impl Stack {
    /// The stack `App-PART`.
    pub fn read(part: &str) -> Self {
        serde_json::from_str(&text(&format!("stacks/{part}.json"))).unwrap()
    }

    /// The parameters of a call of CreateStack that creates it again.
    pub fn creation(&self) -> Vec<(String, String)> {
        let mut pairs = vec![
            ("StackName".to_owned(), self.name.clone()),
            ("TemplateBody".to_owned(), self.template.to_string()),
            (
                "Capabilities.member.1".to_owned(),
                "CAPABILITY_NAMED_IAM".to_owned(),
            ),
            (
                "EnableTerminationProtection".to_owned(),
                self.termination_protection.to_string(),
            ),
        ];
        pairs.extend(
            self.role
                .iter()
                .map(|role| ("RoleARN".to_owned(), role.clone())),
        );
        pairs.extend(members(
            "Parameters",
            ["ParameterKey", "ParameterValue"],
            &self.parameters,
        ));
        pairs.extend(members("Tags", ["Key", "Value"], &self.tags));
        pairs
    }

    /// The types of its resources, by logical id.
    pub fn types(&self) -> BTreeMap<String, Value> {
        types(&self.template)
    }
}

/// The types of a template's resources, by logical id.
pub fn types(template: &Value) -> BTreeMap<String, Value> {
    let resources = template["Resources"].as_object().unwrap();
    resources
        .iter()
        .map(|(id, resource)| (id.clone(), resource["Type"].clone()))
        .collect()
}

/// A list in the form of the query protocol.
fn members(
    list: &str,
    [key, value]: [&str; 2],
    map: &BTreeMap<String, String>,
) -> Vec<(String, String)> {
    let numbered = map.iter().enumerate();
    numbered
        .flat_map(|(index, (name, text))| {
            let prefix = format!("{list}.member.{}", index + 1);
            [
                (format!("{prefix}.{key}"), name.clone()),
                (format!("{prefix}.{value}"), text.clone()),
            ]
        })
        .collect()
}

/// The path of a fixture.
pub fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/002fc52")
        .join(name)
}

/// The text of a fixture.
pub fn text(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap()
}
