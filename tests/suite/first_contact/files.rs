//! Files that are not what they should be, and settings that AWS would refuse.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use crate::harness::{Sandbox, ministack};

#[test]
fn settings_that_cannot_be_read_are_an_error_and_no_defaults() {
    let sandbox = Sandbox::on(ministack());
    let file = sandbox.work().join("umb.toml");
    let fails_with = |what: &str| {
        let run = sandbox.umb(&["plan", "dev"]).fails(2);
        assert!(
            run.stderr.starts_with("error: ") && run.stderr.contains("umb.toml"),
            "{what}: {run:#?}"
        );
        let run = sandbox.umb(&["deploy", "local"]).fails(2);
        assert!(run.stderr.contains("umb.toml"), "{what}: {run:#?}");
    };
    fs::remove_file(&file).unwrap();
    symlink("/nonexistent/umb.toml", &file).unwrap();
    fails_with("a link to nothing");
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    fails_with("a folder");
    fs::remove_dir(&file).unwrap();
    assert!(
        Command::new("mkfifo")
            .arg(&file)
            .status()
            .unwrap()
            .success()
    );
    fails_with("a pipe");
    fs::remove_file(&file).unwrap();
    fs::write(&file, b"app = \"\xff\"").unwrap();
    fails_with("not UTF-8");
    fs::remove_file(&file).unwrap();
    // A link to a file is that file.
    fs::write(sandbox.work().join("real.toml"), "app = \"Linked\"").unwrap();
    symlink("real.toml", &file).unwrap();
    let run = sandbox.umb(&["plan", "dev"]).ok();
    assert!(run.stdout.contains("Linked-Dev-Stateful"), "{run:#?}");
}

#[test]
fn a_folder_that_was_deleted_is_no_place_to_work_in() {
    let sandbox = Sandbox::on(ministack());
    let umb = sandbox.command(&["plan", "dev"]);
    let script = format!(
        "mkdir gone && cd gone && rmdir ../gone && exec {} plan dev",
        umb.get_program().to_str().unwrap()
    );
    let mut shell = sandbox.program("/bin/sh".as_ref());
    let output = shell.args(["-c", &script]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.starts_with("error: this folder cannot be found: it may have been deleted\n"),
        "{said}"
    );
}

#[test]
fn what_aws_would_refuse_is_refused_before_it_is_asked() {
    let sandbox = Sandbox::at("http://127.0.0.1:1");
    let cidrs: Vec<_> = (0..700)
        .map(|number| format!("\"10.{}.{}.0/24\"", number / 256, number % 256))
        .collect();
    for (settings, said) in [
        (
            "permissions_boundary = \"arn:aws:iam::111111111111:policy/Bounds\"".to_owned(),
            "must be the policy's name alone",
        ),
        (
            "permissions_boundary = \"\"".to_owned(),
            "must be the name of a policy",
        ),
        (
            format!("stages.dev.allowed_cidrs = [{}]", cidrs.join(", ")),
            "is more than the policy of an API may have",
        ),
    ] {
        sandbox.settings(&settings);
        let run = sandbox.umb(&["plan", "dev"]).fails(2);
        assert!(
            run.stderr.contains(said) && run.stderr.contains("umb.toml:2"),
            "{run:#?}"
        );
    }
}
