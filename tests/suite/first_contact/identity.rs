//! Credentials, profiles and regions.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::harness::{Sandbox, ministack, serve_metadata};

/// A sandbox whose shared configuration is `config`.
fn with_config(sandbox: Sandbox, config: &str) -> Sandbox {
    let folder = sandbox.work().join("../home/.aws");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("config"), config).unwrap();
    sandbox
}

#[test]
fn a_key_that_none_can_be_is_named_and_not_shown() {
    for (name, value, what) in [
        ("AWS_SECRET_ACCESS_KEY", "hidden\n", "a line break"),
        ("AWS_SECRET_ACCESS_KEY", "hidden\r", "a line break"),
        ("AWS_ACCESS_KEY_ID", "hid den", "a space"),
        ("AWS_SESSION_TOKEN", "hid\nden", "a line break"),
    ] {
        let run = Sandbox::on(ministack())
            .with(name, value)
            .umb(&["plan", "dev"])
            .fails(1);
        assert!(
            run.stderr
                .starts_with(&format!("error: {name} contains {what}\n")),
            "{run:#?}"
        );
        assert!(!run.stderr.contains("hid"), "{run:#?}");
    }
    // Empty means unset; a region has no blanks around it.
    let sandbox = Sandbox::on(ministack())
        .with("AWS_SESSION_TOKEN", "")
        .with("AWS_REGION", "eu-west-1\r\n");
    sandbox.umb(&["plan", "dev"]).ok();
}

#[test]
fn a_profile_that_does_not_exist_is_never_replaced_by_other_credentials() {
    let config = "[profile work]\nregion = eu-west-1\n";
    let sandbox = || with_config(Sandbox::on(ministack()), config);
    let no_such = "error: there is no AWS profile `wrok`; there is `work`\n";
    let run = sandbox()
        .with("AWS_PROFILE", "wrok")
        .umb(&["plan", "dev"])
        .fails(1);
    assert!(run.stderr.starts_with(no_such), "{run:#?}");
    let run = sandbox()
        .umb(&["plan", "dev", "--profile", "wrok"])
        .fails(1);
    assert!(run.stderr.starts_with(no_such), "{run:#?}");
    // The environment's credentials override the file, as all of the environment does.
    let named = sandbox();
    named.settings("stages.dev.profile = \"wrok\"");
    named.umb(&["plan", "dev"]).ok();
    let run = named
        .without("AWS_ACCESS_KEY_ID")
        .umb(&["plan", "dev"])
        .fails(1);
    assert!(run.stderr.starts_with(no_such), "{run:#?}");
    let run = sandbox()
        .with("AWS_PROFILE", "other")
        .umb(&["plan", "dev"])
        .fails(1);
    assert!(
        run.stderr
            .starts_with("error: there is no AWS profile `other`\n"),
        "{run:#?}"
    );
}

#[test]
fn a_process_that_provides_credentials_runs_once() {
    let sandbox = Sandbox::on(ministack());
    let account = sandbox.variable("AWS_ACCESS_KEY_ID").to_owned();
    let script = sandbox.work().join("credentials");
    fs::write(
        &script,
        format!(
            "#!/bin/sh\necho run >> {}.log\n\
             echo '{{\"Version\":1,\"AccessKeyId\":\"{account}\",\"SecretAccessKey\":\"s\"}}'\n",
            script.display()
        ),
    )
    .unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let config = format!("[profile p]\ncredential_process = {}\n", script.display());
    let sandbox = with_config(sandbox, &config)
        .without("AWS_ACCESS_KEY_ID")
        .without("AWS_SECRET_ACCESS_KEY")
        .with("AWS_PROFILE", "p");
    let log = script.with_extension("log");
    for args in [
        &["deploy", "dev"][..],
        &["users", "create", "jane", "--stage", "dev"],
        &["users", "list"],
        &["status"],
        &["destroy", "all", "--yes"],
    ] {
        sandbox.umb(args).ok();
        let runs = fs::read_to_string(&log).unwrap();
        assert_eq!(runs, "run\n", "{args:?}");
        fs::remove_file(&log).unwrap();
    }
}

#[test]
fn a_code_of_a_device_is_asked_for_where_that_can_be_done() {
    let config = "[profile base]\naws_access_key_id = a\naws_secret_access_key = b\n\
                  [profile mfa]\nrole_arn = arn:aws:iam::111111111111:role/x\nsource_profile = base\n\
                  mfa_serial = arn:aws:iam::111111111111:mfa/jane\n\
                  [profile deep]\nrole_arn = arn:aws:iam::111111111111:role/y\nsource_profile = mfa\n";
    for profile in ["mfa", "deep"] {
        let sandbox = with_config(Sandbox::on(ministack()), config);
        let run = sandbox.umb(&["plan", "dev", "--profile", profile]).fails(1);
        let said = "error: the AWS profile `mfa` needs a code of an MFA device";
        assert!(run.stderr.starts_with(said), "{run:#?}");
        assert!(
            run.stderr.contains("aws configure export-credentials"),
            "{run:#?}"
        );
    }
}

#[test]
fn the_shell_does_not_move_a_stage_to_another_region() {
    let sandbox = Sandbox::on(ministack()).with("AWS_REGION", "us-west-2");
    sandbox.settings("stages.dev.region = \"eu-west-1\"");
    for args in [
        &["plan", "dev"][..],
        &["deploy", "dev"],
        &["destroy", "dev", "--yes"],
    ] {
        let run = sandbox.umb(args).fails(1);
        assert!(
            run.stderr.contains("umb.toml says that this is in eu-west-1, and AWS_REGION or AWS_DEFAULT_REGION names us-west-2")
                && run.stderr.contains("hint: pass --region us-west-2 if you mean that one"),
            "{run:#?}"
        );
    }
    sandbox.umb(&["plan", "dev", "--region", "us-west-2"]).ok();
    sandbox.umb(&["plan", "dev", "--region", "eu-west-1"]).ok();
    // It fills a gap.
    let run = sandbox.umb(&["deploy", "prod"]).ok();
    let account = sandbox.variable("AWS_ACCESS_KEY_ID");
    let place = format!(
        "note: the stage prod: account {account}, us-west-2, as arn:aws:iam::{account}:root\n"
    );
    assert!(run.stderr.starts_with(&place), "{run:#?}");
}

/// A server that answers everything about the machine with `status`, but for the region.
fn metadata(status: u16) -> String {
    serve_metadata(move |path| match path {
        "/latest/api/token" => (200, "token"),
        "/latest/meta-data/placement/region" => (200, "eu-west-1"),
        _ => (status, "<html></html>"),
    })
}

#[test]
fn a_machine_without_a_role_has_no_credentials() {
    for status in [200, 400, 403, 404, 405, 500] {
        let sandbox = Sandbox::on(ministack())
            .without("AWS_EC2_METADATA_DISABLED")
            .without("AWS_ACCESS_KEY_ID")
            .without("AWS_SECRET_ACCESS_KEY")
            .with("AWS_EC2_METADATA_SERVICE_ENDPOINT", &metadata(status));
        let run = sandbox.umb(&["plan", "dev"]).fails(1);
        assert!(
            run.stderr
                .starts_with("error: no AWS credentials were found\n"),
            "{status} {run:#?}"
        );
    }
}

#[test]
fn an_instance_knows_its_region() {
    let sandbox = Sandbox::on(ministack())
        .without("AWS_EC2_METADATA_DISABLED")
        .without("AWS_REGION")
        .with("AWS_EC2_METADATA_SERVICE_ENDPOINT", &metadata(404));
    let run = sandbox.umb(&["deploy", "dev", "--no-verify"]).ok();
    assert!(run.stderr.contains(", eu-west-1, as arn:"), "{run:#?}");
}
