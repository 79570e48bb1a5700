//! The templates of the pipeline and of its roles, as `umb synth` writes them.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::harness::Sandbox;

pub const OWN: &str = "111111111111";
pub const BASE: &str =
    "region = \"eu-west-1\"\nconnection = \"hub\"\nrepository = \"octo/backend\"\n";

pub fn sandbox(pipeline: &str, stages: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.whole_settings(&format!(
        "[pipeline]\naccount = \"{OWN}\"\n{BASE}{pipeline}\n{stages}"
    ));
    sandbox
}

pub fn written(sandbox: &Sandbox, target: &str) -> PathBuf {
    let stdout = sandbox.umb(&["synth", target]).ok().stdout;
    sandbox.work().join(stdout.lines().next().unwrap())
}

pub fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Every kind of pipeline that settings can ask for.
pub fn combinations() -> Vec<(&'static str, Sandbox)> {
    let foreign = "[stages.prod]\naccount = \"222222222222\"";
    let three =
        "[stages.qa]\naccount = \"222222222222\"\n[stages.prod]\naccount = \"333333333333\"";
    let everything = "stages = [\"dev\", \"qa\", \"prod\"]\napproval = [\"qa\", \"prod\"]\npaths = [\"src/**\"]\n\
                      notify = \"mailto:ops@example.com\"\n";
    vec![
        ("one account", sandbox("", "")),
        ("two accounts", sandbox("", foreign)),
        ("approval", sandbox("approval = [\"prod\"]", "")),
        (
            "approval elsewhere",
            sandbox("approval = [\"prod\"]", foreign),
        ),
        (
            "several stages",
            sandbox("stages = [\"dev\", \"prod\"]", ""),
        ),
        ("three accounts and everything", sandbox(everything, three)),
        (
            "as many as there may be",
            sandbox(
                "stages = [\"a\", \"b\", \"c\", \"d\", \"e\", \"f\"]\napproval = [\"a\", \"b\", \"c\", \"d\", \"e\", \"f\"]\n\
                 notify = \"mailto:ops@example.com\"",
                &["a", "b", "c", "d", "e", "f"]
                    .map(|name| {
                        format!(
                            "[stages.{name}]\naccount = \"{}\"\n",
                            u64::from(name.as_bytes()[0]) * 1_111_111_111 + 100_000_000_000
                        )
                    })
                    .concat(),
            ),
        ),
        (
            "arm64",
            sandbox(
                "build_image = \"aws/codebuild/amazonlinux-aarch64-standard:3.0\"",
                "",
            ),
        ),
    ]
}
