//! What `umb deploy pipeline` and `umb doctor` find out before an execution fails of it.

use std::path::Path;
use std::process::Command;

use super::around::{ACCOUNT, deploy_pipeline, on_moto, settings};

fn git(folder: &Path, args: &[&str]) {
    let output = Command::new("git")
        .args(["-c", "user.name=Jo", "-c", "user.email=jo@example.com"])
        .args(args)
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{args:?}: {output:?}");
}

#[test]
fn an_account_that_may_run_no_builds_is_told_before_anything_is_created() {
    let (_moto, around, sandbox) = on_moto();
    around.lock().unwrap().small_builds = Some(0.0);
    let run = deploy_pipeline(&sandbox, &[]).fails(3);
    for text in [
        "the account may run no builds of Linux/Small, as new accounts may not",
        "https://eu-west-1.console.aws.amazon.com/servicequotas/home/services/codebuild/quotas",
    ] {
        assert!(run.stderr.contains(text), "{text}: {run:#?}");
    }
    sandbox.umb(&["outputs", "pipeline"]).fails(1);
    deploy_pipeline(&sandbox, &["--yes"]).ok();
    let doctor = sandbox.umb(&["doctor"]).fails(1);
    assert!(
        doctor
            .stdout
            .contains("❌  pipeline: the account may run no builds of Linux/Small"),
        "{doctor:#?}"
    );
    around.lock().unwrap().small_builds = Some(1.0);
    let doctor = sandbox.umb(&["doctor"]);
    assert!(!doctor.stdout.contains("may run no builds"), "{doctor:#?}");
}

#[test]
fn a_branch_without_settings_is_noticed_where_git_knows_it() {
    let (_moto, _around, sandbox) = on_moto();
    let (work, hub) = (sandbox.work(), sandbox.work().join("hub.git"));
    let says = "as far as git knows here, the branch main of octo/backend has no umb.toml";
    // Another repository is none of its business.
    let run = deploy_pipeline(&sandbox, &[]).ok();
    assert!(!run.stderr.contains(says), "{run:#?}");
    git(&work, &["init", "--quiet", "--initial-branch", "main"]);
    git(&work, &["init", "--quiet", "--bare", hub.to_str().unwrap()]);
    git(
        &work,
        &[
            "remote",
            "add",
            "origin",
            "https://github.com/octo/backend.git",
        ],
    );
    git(
        &work,
        &["config", "remote.origin.pushurl", hub.to_str().unwrap()],
    );
    let run = deploy_pipeline(&sandbox, &[]).ok();
    assert!(
        run.stderr.contains(says) && run.stderr.contains("commit and push it to main"),
        "{run:#?}"
    );
    git(&work, &["add", "umb.toml"]);
    git(&work, &["commit", "--quiet", "--message", "Deploy"]);
    git(&work, &["push", "--quiet", "origin", "main"]);
    let run = deploy_pipeline(&sandbox, &[]).ok();
    assert!(!run.stderr.contains(says), "{run:#?}");
}

#[test]
fn settings_below_the_top_of_the_repository_are_not_the_pipelines() {
    let (_moto, _around, sandbox) = on_moto();
    let top = sandbox.work();
    let top = top.parent().unwrap();
    git(top, &["init", "--quiet"]);
    git(
        top,
        &["remote", "add", "origin", "git@github.com:octo/backend.git"],
    );
    let run = deploy_pipeline(&sandbox, &[]).fails(3);
    assert!(
        run.stderr
            .contains("of octo/backend, and the pipeline reads the one at its top"),
        "{run:#?}"
    );
}

#[test]
fn an_address_that_nobody_has_confirmed_is_told_of_nothing() {
    let (_moto, around, sandbox) = on_moto();
    settings(&sandbox, ACCOUNT, "notify = \"mailto:ops@example.com\"");
    deploy_pipeline(&sandbox, &["--yes"]).ok();
    around.lock().unwrap().is_unconfirmed = true;
    let doctor = sandbox.umb(&["doctor"]);
    assert!(
        doctor
            .stdout
            .contains("❔  pipeline: ops@example.com is told of nothing yet"),
        "{doctor:#?}"
    );
    around.lock().unwrap().is_unconfirmed = false;
    let doctor = sandbox.umb(&["doctor"]);
    assert!(!doctor.stdout.contains("told of nothing"), "{doctor:#?}");
}

#[test]
fn a_boundary_that_does_not_exist_is_noticed() {
    let (_moto, _around, sandbox) = on_moto();
    let file = sandbox.work().join("umb.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("permissions_boundary = \"Bounds\"\n{text}")).unwrap();
    let run = deploy_pipeline(&sandbox, &[]).fails(3);
    assert!(
        run.stderr
            .contains("the account 111111111111 has no policy Bounds, which is to bound the roles"),
        "{run:#?}"
    );
}
