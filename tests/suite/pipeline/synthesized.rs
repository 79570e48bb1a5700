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
            "a function of its own",
            sandbox("", "[function]\nsource = \"handler\""),
        ),
        ("as many as there may be", as_many_as_there_may_be()),
        (
            "arm64",
            sandbox(
                "build_image = \"aws/codebuild/amazonlinux-aarch64-standard:3.0\"",
                "",
            ),
        ),
    ]
}

/// Twenty stages with the longest names, each approved and in an account of its own.
pub fn as_many_as_there_may_be() -> Sandbox {
    let names: Vec<_> = ('a'..='t')
        .map(|letter| letter.to_string().repeat(24))
        .collect();
    let list = names
        .iter()
        .map(|name| format!("\"{name}\""))
        .collect::<Vec<_>>()
        .join(", ");
    let accounts = names.iter().enumerate().map(|(index, name)| {
        let account = 200_000_000_000 + index;
        format!("[stages.{name}]\naccount = \"{account}\"\n")
    });
    let accounts: String = accounts.collect();
    let pipeline =
        format!("stages = [{list}]\napproval = [{list}]\nnotify = \"mailto:ops@example.com\"");
    let sandbox = sandbox("", "");
    sandbox.whole_settings(&format!(
        "app = \"{}\"\n[pipeline]\naccount = \"{OWN}\"\n{BASE}{pipeline}\n{accounts}\n[function]\nsource = \"handler\"",
        "A".repeat(24)
    ));
    sandbox
}
