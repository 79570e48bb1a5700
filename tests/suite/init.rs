//! `umb init` and `umb doctor`: what a project needs, written and looked for.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::harness::{MiniStack, Sandbox, assert_documented, ministack};
use crate::terminal::{assert_ends, at_a_terminal};

fn init(sandbox: &Sandbox, args: &[&str]) -> crate::harness::Run {
    sandbox.umb(&[&["init"], args].concat())
}

fn read(sandbox: &Sandbox, file: &str) -> String {
    fs::read_to_string(sandbox.work().join(file)).unwrap()
}

/// A sandbox without umb.toml, in its own account.
fn empty(aws: &MiniStack) -> Sandbox {
    let sandbox = Sandbox::on(aws);
    fs::remove_file(sandbox.work().join("umb.toml")).unwrap();
    sandbox
}

fn git(sandbox: &Sandbox, args: &[&str]) {
    let status = Command::new("git")
        .arg("-C")
        .arg(sandbox.work().join("project"))
        .args(args)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .status()
        .unwrap();
    assert!(status.success(), "{args:?}");
}

#[test]
fn a_project_is_one_command() {
    let aws = ministack();
    let sandbox = empty(aws).with("PATH", &std::env::var("PATH").unwrap());
    let account = sandbox.variable("AWS_ACCESS_KEY_ID").to_owned();
    fs::create_dir(sandbox.work().join("project")).unwrap();
    fs::write(sandbox.work().join("project/README.md"), "# Ours\n").unwrap();
    git(&sandbox, &["init", "--quiet", "--initial-branch", "trunk"]);
    git(
        &sandbox,
        &["remote", "add", "origin", "git@github.com:octo/backend.git"],
    );
    let run = init(
        &sandbox,
        &[
            "--project",
            "project",
            "--prod-account",
            "999999999999",
            "--notify",
            "ops@example.com",
        ],
    )
    .ok();
    assert_eq!(run.stdout, "project/umb.toml\nproject/README.md\n");
    assert_eq!(
        read(&sandbox, "project/umb.toml"),
        format!(
            "[pipeline]\naccount = \"{account}\"\nregion = \"eu-west-1\"\nrepository = \"octo/backend\"\n\
             branch = \"trunk\"\nconnection = \"UserManagementBackend\"\nnotify = \"mailto:ops@example.com\"\n\n\
             [stages.prod]\naccount = \"999999999999\"\n"
        )
    );
    assert!(read(&sandbox, "project/README.md").starts_with("# Ours\n\n## Deployed by umb\n"));
    for step in [
        "umb connection create --provider GitHub --name UserManagementBackend\n",
        &format!("umb bootstrap prod --trust {account}    # with credentials of 999999999999\n"),
        "umb deploy pipeline\n",
    ] {
        assert!(run.stderr.contains(step), "{step}: {run:#?}");
    }
    // Once more, nothing is written.
    let again = init(&sandbox, &["--project", "project"]).ok();
    assert_eq!(again.stdout, "");
    // What it wrote is all that the pipeline's template needs.
    fs::copy(
        sandbox.work().join("project/umb.toml"),
        sandbox.work().join("umb.toml"),
    )
    .unwrap();
    sandbox.umb(&["synth", "pipeline"]).ok();
}

#[test]
fn what_a_person_wrote_stays_and_flags_change_it() {
    let aws = ministack();
    let sandbox = empty(aws);
    let before = "# ours\napp = \"Ours\" # short\n\n[pipeline]\nbranch = \"release\"\nrepository = \"a/b\"\n";
    fs::write(sandbox.work().join("umb.toml"), before).unwrap();
    let run = init(&sandbox, &["--buildspec"]).fails(2);
    assert!(
        run.stderr.ends_with("hint: pass --function, too\n"),
        "{run:#?}"
    );
    init(
        &sandbox,
        &["--repository", "octo/backend", "--function", "--buildspec"],
    )
    .ok();
    let text = read(&sandbox, "umb.toml");
    assert!(text.starts_with("# ours\napp = \"Ours\" # short\n\n[pipeline]\nbranch = \"release\"\nrepository = \"octo/backend\"\n"), "{text}");
    assert!(
        text.contains("connection = \"Ours\"\nbuildspec = \"buildspec.yml\"\n"),
        "{text}"
    );
    assert!(
        text.contains("[function]\nsource = \"handler\"\n"),
        "{text}"
    );
    assert_eq!(
        read(&sandbox, "buildspec.yml"),
        include_str!("../../assets/buildspecs/function.yml")
    );
    sandbox.umb(&["synth", "pipeline"]).ok();
    let template: Value =
        serde_json::from_str(&read(&sandbox, "umb.out/Ours-Pipeline.template.json")).unwrap();
    assert_eq!(
        template["Resources"]["FunctionProject"]["Properties"]["Source"]["BuildSpec"],
        "buildspec.yml"
    );
}

#[test]
fn what_cannot_be_found_out_needs_flags_if_nobody_can_be_asked() {
    let sandbox = Sandbox::new();
    let run = init(&sandbox, &[]).fails(2);
    assert_eq!(
        run.stderr,
        "error: the pipeline's account is not set\nhint: pass --account\n"
    );
    assert!(!sandbox.work().join("umb.toml").exists());
    let known = ["--account", "111111111111", "--region", "eu-west-1"];
    let run = init(&sandbox, &known).fails(2);
    assert!(run.stderr.contains("pass --repository"), "{run:#?}");
    init(
        &sandbox,
        &[&known[..], &["--repository", "octo/backend"]].concat(),
    )
    .ok();
    // A placeholder is none, and the hint is not the command that was run.
    let run = init(&sandbox, &["--repository", "OWNER/REPO"]).fails(2);
    assert!(
        run.stderr
            .ends_with("hint: pass --repository with what it is\n"),
        "{run:#?}"
    );
    // What is wrong is not written, and what was wrong is what flags put right.
    let before = read(&sandbox, "umb.toml");
    let run = init(&sandbox, &["--account", "12"]).fails(2);
    assert!(
        run.stderr
            .contains("must be the 12 digits of an AWS account"),
        "{run:#?}"
    );
    assert_eq!(read(&sandbox, "umb.toml"), before);
    fs::write(
        sandbox.work().join("umb.toml"),
        before.replace("111111111111", "12"),
    )
    .unwrap();
    init(&sandbox, &[]).fails(2);
    init(&sandbox, &["--account", "111111111111"]).ok();
    assert_eq!(read(&sandbox, "umb.toml"), before);
    fs::write(sandbox.work().join("umb.toml"), "app = ").unwrap();
    init(&sandbox, &[]).fails(2);
}

fn missing(findings: &Value) -> Vec<String> {
    let findings = findings.as_array().unwrap().iter();
    findings
        .filter(|finding| finding["verdict"] == "missing")
        .map(|finding| {
            let text = |key: &str| finding[key].as_str().unwrap_or_default().to_owned();
            format!("{}: {}", text("about"), text("text"))
        })
        .collect()
}

#[test]
fn a_doctor_says_what_is_missing_and_what_to_do() {
    let aws = ministack();
    let sandbox = empty(aws);
    let account = sandbox.variable("AWS_ACCESS_KEY_ID").to_owned();
    // Without a pipeline, nothing is missing that a deploy does not make by itself.
    let run = sandbox.umb(&["doctor"]).ok();
    assert!(
        run.stdout
            .contains(" ✅  settings: no umb.toml: the defaults\n"),
        "{run:#?}"
    );
    assert!(
        run.stdout
            .contains(&format!(" ✅  stage dev: account {account}, eu-west-1\n")),
        "{run:#?}"
    );

    fs::write(
        sandbox.work().join("umb.toml"),
        format!("[pipeline]\naccount = \"{account}\"\nrepository = \"octo/backend\"\n[stages.dev]\naccount = \"999999999999\""),
    )
    .unwrap();
    let run = sandbox.umb(&["doctor", "--json"]).fails(1);
    let findings: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_documented("findings", &findings.to_string());
    assert_eq!(
        missing(&findings),
        [
            "stage prod: no roles for the pipeline",
            "stage prod: no bucket for the pipeline to publish to",
            "stage prod: API Gateway has no role to log with",
            "pipeline: umb.toml does not set `pipeline.connection`",
        ],
        "{findings:#}"
    );
    assert!(
        run.stderr.contains("error: 4 things are missing"),
        "{run:#?}"
    );
    sandbox.umb(&["bootstrap", "prod"]).ok();
    let run = sandbox.umb(&["doctor"]).fails(1);
    assert!(
        run.stdout.contains(&format!(
            " ✅  stage prod: the roles of account {account}'s pipeline\n"
        )),
        "{run:#?}"
    );
    assert!(
        run.stderr.contains("error: something is missing"),
        "{run:#?}"
    );
    let elsewhere = format!(
        " ❔  stage dev: the stage belongs to account 999999999999, these credentials to {account}"
    );
    assert!(run.stdout.contains(&elsewhere), "{run:#?}");
}

#[test]
fn a_person_is_asked_and_offered_what_was_found_out() {
    let aws = ministack();
    let sandbox = empty(aws);
    let account = sandbox.variable("AWS_ACCESS_KEY_ID").to_owned();
    let mut session = at_a_terminal(&sandbox, &["init"]);
    for (question, answer) in [
        (format!("The pipeline's account [{account}]:"), ""),
        (
            "The pipeline's region [eu-west-1]:".to_owned(),
            "eu-north-1",
        ),
        ("The pipeline's repository:".to_owned(), "octo/backend"),
        ("The pipeline's branch [main]:".to_owned(), ""),
        (
            "The pipeline's connection [UserManagementBackend]:".to_owned(),
            "hub",
        ),
    ] {
        session.exp_string(&question).unwrap();
        session.send_line(answer).unwrap();
    }
    session
        .exp_string("umb connection create --provider GitHub --name hub")
        .unwrap();
    assert_ends(&mut session, 0);
    assert_eq!(
        read(&sandbox, "umb.toml"),
        format!(
            "[pipeline]\naccount = \"{account}\"\nregion = \"eu-north-1\"\nrepository = \"octo/backend\"\n\
             branch = \"main\"\nconnection = \"hub\"\n"
        )
    );
}
