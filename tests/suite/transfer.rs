//! `umb users export --to` and `import --from`: DynamoDB moves the users, umb watches. `MiniStack` imports what is
//! in a bucket. It records exports but writes nothing, so the test writes what AWS would write.

use serde_json::{Value, json};

use crate::harness::{Proxy, Run, Sandbox, ministack};

fn users(sandbox: &Sandbox, args: &[&str]) -> Run {
    sandbox.umb(&[&["users", "--stage", "prod"], args].concat())
}

fn bucket(sandbox: &Sandbox) -> String {
    let name = format!("{}-exports", sandbox.app.to_lowercase());
    ministack().create_bucket(sandbox, &name);
    name
}

#[test]
fn an_export_by_dynamodb_says_where_its_data_is() {
    let sandbox = Sandbox::on(ministack());
    sandbox.umb(&["deploy", "prod"]).ok();
    users(&sandbox, &["create", "--username", "john"]).ok();
    let place = format!("s3://{}/backups", bucket(&sandbox));
    let run = users(&sandbox, &["export", "--to", &place]).ok();
    let data = run.stdout.trim();
    assert!(
        data.starts_with(&format!("{place}/AWSDynamoDB/")) && data.ends_with("/data"),
        "{run:#?}"
    );
    assert!(run.stderr.contains("1 users exported"), "{run:#?}");
}

#[test]
fn what_an_export_wrote_becomes_the_table_of_a_protected_stage() {
    let sandbox = Sandbox::on(ministack());
    let bucket = bucket(&sandbox);
    let item = |name: &str| {
        json!({
            "username": {"S": name},
            "n": {"N": "1.5"},
            "$revision": {"S": "0123456789abcdef0123456789abcdef"},
        })
    };
    ministack().put_export(
        &sandbox,
        &format!("{bucket}/a/data/1.json.gz"),
        &[item("john"), item("jane")],
    );
    ministack().put_export(
        &sandbox,
        &format!("{bucket}/a/data/2.json.gz"),
        &[item("jill")],
    );
    let place = format!("s3://{bucket}/a/data");
    let run = users(&sandbox, &["import", "--from", &place, "--json"]).ok();
    let tally: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!([&tally["written"], &tally["rejected"]], [3, 0]);
    assert!(
        run.stderr.contains("`umb deploy prod` imports the table"),
        "{run:#?}"
    );

    let table = format!("{}-Prod-Stateful-Table", sandbox.app);
    assert_eq!(
        ministack().table(&sandbox, &table)["DeletionProtectionEnabled"],
        true
    );
    sandbox.umb(&["deploy", "prod"]).ok();
    let listed = users(&sandbox, &["export", "--sorted"]).ok().stdout;
    assert_eq!(
        listed,
        "{\"n\":1.5,\"username\":\"jane\"}\n{\"n\":1.5,\"username\":\"jill\"}\n\
         {\"n\":1.5,\"username\":\"john\"}\n"
    );

    let run = users(&sandbox, &["import", "--from", &place]).fails(1);
    assert!(
        run.stderr.contains("already has the table")
            && run.stderr.contains(
                "hint: `umb users import users.jsonl --via table --stage prod` adds to it"
            ),
        "{run:#?}"
    );
}

#[test]
fn an_import_that_was_only_watched_no_more_is_finished_by_the_next_run() {
    let sandbox = Sandbox::on(ministack());
    let bucket = bucket(&sandbox);
    ministack().put_export(
        &sandbox,
        &format!("{bucket}/1.json.gz"),
        &[json!({"username": {"S": "john"}})],
    );
    // What an interrupted run started.
    let table = format!("{}-Prod-Stateful-Table", sandbox.app);
    let import = json!({
        "S3BucketSource": {"S3Bucket": bucket},
        "InputFormat": "DYNAMODB_JSON",
        "InputCompressionType": "GZIP",
        "TableCreationParameters": {
            "TableName": table,
            "AttributeDefinitions": [{"AttributeName": "username", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "username", "KeyType": "HASH"}],
            "BillingMode": "PAY_PER_REQUEST",
        },
    });
    let target = "DynamoDB_20120810.ImportTable";
    ministack().target(&sandbox, "dynamodb", target, &import.to_string());
    let other = format!("s3://{bucket}/elsewhere");
    users(&sandbox, &["import", "--from", &other]).fails(1);
    let place = format!("s3://{bucket}");
    let run = users(&sandbox, &["import", "--from", &place]).ok();
    assert_eq!(run.stdout, "1 written, 0 rejected\n");
    users(&sandbox, &["import", "--from", &place]).fails(1);
    sandbox.umb(&["deploy", "prod"]).ok();
    users(&sandbox, &["get", "john"]).ok();
}

#[test]
fn an_import_that_failed_says_why_and_makes_room_for_the_next_one() {
    let sandbox = Sandbox::on(ministack());
    let bucket = bucket(&sandbox);
    let place = format!("s3://{bucket}/a");
    let path = format!("{bucket}/a/1.json.gz");
    let plain = ministack().send(&sandbox, ["s3", "PUT", &path], &[], Some(b"no gzip"));
    assert_eq!(plain.status, 200, "{plain:?}");
    let run = users(&sandbox, &["import", "--from", &place]).fails(1);
    assert!(
        run.stderr.contains("the transfer failed: InputFormatError")
            && run
                .stderr
                .contains("the log group /aws-dynamodb/imports says more"),
        "{run:#?}"
    );
    let nobody = json!({"name": {"S": "no key"}});
    ministack().put_export(
        &sandbox,
        &path,
        &[json!({"username": {"S": "john"}}), nobody],
    );
    let run = users(&sandbox, &["import", "--from", &place]).fails(1);
    assert!(run.stderr.contains("ItemValidationError"), "{run:#?}");
    ministack().put_export(&sandbox, &path, &[json!({"username": {"S": "john"}})]);
    let run = users(&sandbox, &["import", "--from", &place]).ok();
    assert_eq!(run.stdout, "1 written, 0 rejected\n");
    sandbox.umb(&["deploy", "prod"]).ok();
    users(&sandbox, &["get", "john"]).ok();
}

#[test]
fn a_table_without_history_is_not_exported_by_dynamodb() {
    let aws = ministack();
    let proxy = Proxy::before(aws, 0, 0);
    let sandbox = Sandbox::on(aws).with("AWS_ENDPOINT_URL", &proxy.endpoint);
    sandbox.umb(&["deploy", "dev"]).ok();
    // MiniStack exports every table.
    proxy.refuse(
        "DynamoDB_20120810.ExportTableToPointInTime",
        "PointInTimeRecoveryUnavailableException",
    );
    let args = ["users", "--stage", "dev", "export", "--to", "s3://bucket"];
    let run = sandbox.umb(&args).fails(1);
    assert!(
        run.stderr
            .contains("has no point-in-time recovery, which DynamoDB exports from")
            && run
                .stderr
                .contains("or use `umb users export users.jsonl --via table"),
        "{run:#?}"
    );
}

#[test]
fn what_dynamodb_cannot_do_is_refused_with_the_way_out() {
    let sandbox = Sandbox::on(ministack());
    for (stage, args, cause, hint) in [
        (
            "dev",
            ["import", "--from", "s3://bucket/a"],
            "the stage dev is not protected, and only a protected one can import an existing table",
            "use `umb users import users.jsonl --via table --stage dev`",
        ),
        (
            "dev",
            ["export", "--to", "s3://bucket/a"],
            "the stage dev has no table",
            "run `umb deploy dev`",
        ),
    ] {
        let run = sandbox
            .umb(&[&["users", "--stage", stage][..], &args].concat())
            .fails(1);
        assert!(
            run.stderr.contains(cause) && run.stderr.contains(hint),
            "{run:#?}"
        );
    }
    let run = sandbox
        .umb(&["users", "import", "--from", "bucket"])
        .fails(2);
    assert!(
        run.stderr.contains("is not like s3://BUCKET/PREFIX"),
        "{run:#?}"
    );
    sandbox.umb(&["users", "import"]).fails(2);
    let local = Sandbox::new();
    local.umb(&["deploy", "local"]).ok();
    let args = ["users", "--stage", "local", "export", "--to", "s3://bucket"];
    let run = local.umb(&args).fails(2);
    assert!(
        run.stderr.contains("the stage local cannot use S3"),
        "{run:#?}"
    );
}
