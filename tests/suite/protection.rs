//! A protected stage on MiniStack: what it refuses, what outlives it, and how it comes back.

use serde_json::{Value, json};

use crate::harness::{MiniStack, Sandbox, ministack};

fn table(sandbox: &Sandbox) -> String {
    format!("{}-Prod-Stateful-Table", sandbox.app)
}

fn deployed() -> (&'static MiniStack, Sandbox) {
    let sandbox = Sandbox::on(ministack());
    sandbox.umb(&["deploy", "prod"]).ok();
    (ministack(), sandbox)
}

fn protections(sandbox: &Sandbox) -> Value {
    let status = sandbox.umb(&["status", "prod", "--json"]).ok().stdout;
    let status: Value = serde_json::from_str(&status).unwrap();
    json!([
        status[0]["stacks"][0]["protected"],
        status[0]["stacks"][1]["protected"]
    ])
}

#[test]
fn whoever_names_another_app_destroys_nothing() {
    let sandbox = Sandbox::on(ministack());
    sandbox.umb(&["deploy", "dev", "--no-verify"]).ok();
    for target in ["dev", "all"] {
        let run = sandbox
            .umb(&["destroy", target, "--yes", "--confirm", "Other"])
            .fails(3);
        assert!(run.stderr.contains("nothing was changed"), "{run:#?}");
    }
    sandbox.umb(&["outputs", "dev"]).ok();
    sandbox
        .umb(&[
            "destroy",
            "dev",
            "--confirm",
            &format!("{}-Dev", sandbox.app),
        ])
        .ok();
}

#[test]
fn prod_is_protected_and_its_table_outlives_it() {
    let aws = ministack();
    let sandbox = Sandbox::on(aws);
    let nothing = aws.resources(&sandbox);
    sandbox.umb(&["deploy", "prod"]).ok();
    assert_eq!(protections(&sandbox), json!([true, true]));
    assert_eq!(
        aws.table(&sandbox, &table(&sandbox))["DeletionProtectionEnabled"],
        true
    );
    let stateful = format!("{}-Prod-Stateful", sandbox.app);
    let policy = aws.cloudformation(&sandbox, "GetStackPolicy", &[("StackName", &stateful)]);
    assert!(policy.contains("Update:Replace"), "{policy}");
    sandbox
        .umb(&["users", "create", "--stage", "prod", "--username", "john"])
        .ok();

    let run = sandbox.umb(&["destroy", "prod", "--yes"]).fails(3);
    assert!(
        run.stderr.contains(&format!(
            "hint: pass --confirm {} to skip the question",
            sandbox.prod()
        )),
        "{run:#?}"
    );
    let run = sandbox
        .umb(&["destroy", "prod", "--confirm", "prod"])
        .fails(3);
    assert!(run.stderr.contains("nothing was changed"), "{run:#?}");
    let run = sandbox
        .umb(&["destroy", "prod", "--confirm", &sandbox.prod()])
        .ok();
    assert!(
        run.stderr
            .contains("left over from prod (still billed):\n  table "),
        "{run:#?}"
    );

    let plan = sandbox.umb(&["plan", "prod"]).ok().stdout;
    let import = "  < Table (AWS::DynamoDB::Table): the table ";
    assert!(plan.contains(import), "{plan}");
    sandbox.umb(&["deploy", "prod"]).ok();
    let list = ["users", "list", "--stage", "prod"];
    assert_eq!(sandbox.umb(&list).ok().stdout, "{\"username\":\"john\"}\n");

    sandbox
        .umb(&["destroy", "prod", "--confirm", &sandbox.prod()])
        .ok();
    let everything = [
        "destroy",
        "prod",
        "--confirm",
        &sandbox.prod(),
        "--delete-data",
    ];
    sandbox.umb(&everything).ok();
    sandbox.umb(&["destroy", "all", "--yes"]).ok();
    assert_eq!(aws.resources(&sandbox), nothing);
}

#[test]
fn data_is_deleted_with_the_stage_where_that_is_said() {
    let aws = ministack();
    let sandbox = Sandbox::on(aws);
    let nothing = aws.resources(&sandbox);
    sandbox.umb(&["deploy", "prod"]).ok();
    let args = ["destroy", "all", "--confirm", &sandbox.app, "--delete-data"];
    sandbox
        .umb(&["destroy", "all", "--yes", "--delete-data"])
        .fails(3);
    let run = sandbox.umb(&args).ok();
    assert!(
        run.stderr
            .contains(&format!("table deleted: {}\n", table(&sandbox))),
        "{run:#?}"
    );
    assert_eq!(aws.resources(&sandbox), nothing);
}

#[test]
fn a_table_whose_stage_is_gone_is_not_forgotten() {
    let aws = ministack();
    let sandbox = Sandbox::on(aws);
    let nothing = aws.resources(&sandbox);
    sandbox.umb(&["deploy", "prod"]).ok();
    sandbox
        .umb(&["destroy", "prod", "--confirm", &sandbox.prod()])
        .ok();

    let run = sandbox.umb(&["destroy", "all", "--yes"]).ok();
    assert!(
        run.stderr
            .contains("eu-west-1: the table of prod, and the asset bucket\n"),
        "{run:#?}"
    );
    assert!(
        run.stderr
            .contains("left over from prod (still billed):\n  table "),
        "{run:#?}"
    );
    sandbox
        .umb(&["destroy", "all", "--yes", "--delete-data"])
        .fails(3);
    let all = ["destroy", "all", "--delete-data", "--confirm", &sandbox.app];
    let run = sandbox.umb(&all).ok();
    assert!(run.stderr.contains("table deleted: "), "{run:#?}");
    assert_eq!(aws.resources(&sandbox), nothing);
}

#[test]
fn protection_comes_and_goes_with_the_setting() {
    let (aws, sandbox) = deployed();
    sandbox.settings("stages.prod.protected = false");
    // What protects data is not taken away unasked.
    let asked = sandbox.umb(&["deploy", "prod"]).fails(3);
    assert!(
        asked
            .stderr
            .contains("Table: its deletion is no longer refused"),
        "{asked:#?}"
    );
    assert_eq!(protections(&sandbox), json!([true, true]));
    sandbox.umb(&["deploy", "prod", "--yes"]).ok();
    assert_eq!(protections(&sandbox), json!([false, false]));
    assert_eq!(
        aws.table(&sandbox, &table(&sandbox))["DeletionProtectionEnabled"],
        false
    );
    sandbox.settings("");
    sandbox.umb(&["deploy", "prod"]).ok();
    assert_eq!(protections(&sandbox), json!([true, true]));
    sandbox.settings("stages.prod.protected = false");
    sandbox.umb(&["deploy", "prod", "--yes"]).ok();
    sandbox.umb(&["destroy", "prod", "--yes"]).ok();
    assert_eq!(aws.resources(&sandbox)["tables"]["TableNames"], json!([]));
}

#[test]
fn what_was_protected_by_hand_stays_so() {
    let aws = ministack();
    let sandbox = Sandbox::on(aws);
    sandbox.umb(&["deploy", "dev"]).ok();
    let stack = format!("{}-Dev-Stateful", sandbox.app);
    let pairs = [
        ("StackName", stack.as_str()),
        ("EnableTerminationProtection", "true"),
    ];
    aws.cloudformation(&sandbox, "UpdateTerminationProtection", &pairs);
    sandbox.settings("stages.dev.billing = \"provisioned\"");
    sandbox.umb(&["deploy", "dev"]).ok();
    sandbox.umb(&["destroy", "dev", "--yes"]).fails(3);
    sandbox
        .umb(&[
            "destroy",
            "dev",
            "--confirm",
            &format!("{}-Dev", sandbox.app),
        ])
        .ok();
}

#[test]
fn a_table_that_is_not_umbs_is_left_alone() {
    let aws = ministack();
    let sandbox = Sandbox::on(aws);
    aws.make_table(&sandbox, &table(&sandbox));
    let before = aws.resources(&sandbox);
    for args in [
        &["deploy", "prod"][..],
        &["destroy", "prod", "--delete-data", "--yes"],
    ] {
        let run = sandbox.umb(args).fails(1);
        assert!(
            run.stderr
                .contains("was not created by umb: it lacks this stage's tags"),
            "{run:#?}"
        );
    }
    assert_eq!(aws.resources(&sandbox), before);
}

#[test]
fn a_table_that_was_retained_is_not_overwritten_by_an_unprotected_stage() {
    let (aws, sandbox) = deployed();
    sandbox
        .umb(&["users", "create", "--stage", "prod", "--username", "john"])
        .ok();
    sandbox
        .umb(&["destroy", "prod", "--confirm", &sandbox.prod()])
        .ok();
    sandbox.settings("stages.prod.protected = false");
    let run = sandbox.umb(&["deploy", "prod"]).fails(1);
    assert!(
        run.stderr
            .contains("a table from an earlier deploy already exists: "),
        "{run:#?}"
    );
    assert_eq!(aws.table(&sandbox, &table(&sandbox))["ItemCount"], 1);
}

#[test]
fn a_protected_stage_takes_no_short_cuts() {
    let sandbox = Sandbox::on(ministack());
    for flag in ["--code-only", "--express"] {
        let run = sandbox.umb(&["deploy", "prod", flag]).fails(2);
        assert!(
            run.stderr.starts_with(&format!(
                "error: {flag} is not for the stage prod, which is protected\n"
            )),
            "{run:#?}"
        );
    }
    sandbox
        .umb(&["deploy", "prod", "--allow-data-loss", "Table"])
        .fails(2);
}

#[test]
fn the_asset_bucket_is_hardened_and_emptied_of_all_versions() {
    let (aws, sandbox) = deployed();
    let bucket = aws.bucket(&sandbox);
    assert!(bucket.ends_with("-eu-west-1-an"), "{bucket}");
    for (setting, text) in [
        (
            "publicAccessBlock",
            "<RestrictPublicBuckets>true</RestrictPublicBuckets>",
        ),
        ("encryption", "<SSEAlgorithm>AES256</SSEAlgorithm>"),
        ("versioning", "<Status>Enabled</Status>"),
        ("lifecycle", "<NoncurrentDays>30</NoncurrentDays>"),
        ("lifecycle", "<DaysAfterInitiation>7</DaysAfterInitiation>"),
        ("policy", "aws:SecureTransport"),
    ] {
        let answer = aws
            .read(&sandbox, "s3", &format!("{bucket}?{setting}"))
            .body;
        assert!(answer.contains(text), "{text} is missing in {answer}");
    }
    // More versions than one page of a listing, or one request of a deletion, holds.
    let key = format!("{bucket}/handler/many.zip");
    for _ in 0..1100 {
        aws.send(&sandbox, ["s3", "PUT", &key], &[], Some(b"x"));
    }
    aws.send(&sandbox, ["s3", "DELETE", &key], &[], None);
    sandbox
        .umb(&["destroy", "all", "--confirm", &sandbox.app, "--delete-data"])
        .ok();
    assert_eq!(aws.resources(&sandbox)["buckets"], json!([]));
}
