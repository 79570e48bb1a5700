//! `umb deploy`, `umb outputs` and `umb destroy` of a cloud stage, on MiniStack.

use serde_json::{Value, json};

use crate::harness::{Proxy, Sandbox, ministack};

fn stdout(sandbox: &Sandbox, args: &[&str]) -> String {
    sandbox.umb(args).ok().stdout
}

#[test]
fn the_main_job() {
    let aws = ministack();
    let sandbox = Sandbox::on(aws);
    sandbox.whole_settings("");
    let before = aws.resources(&sandbox);

    let first = stdout(&sandbox, &["deploy", "dev"]);
    for line in [
        " ✅  UserManagementBackend-Dev-Stateful\n",
        " ✅  UserManagementBackend-Dev-Stateless\n",
        "UserManagementBackend-Dev-Stateful.TableArn = arn:aws:dynamodb:eu-west-1:",
        "UserManagementBackend-Dev-Stateless.APIHandlerArn = arn:aws:lambda:eu-west-1:",
        "UserManagementBackend-Dev-Stateless.EndpointURL = http://127.0.0.1:",
    ] {
        assert!(first.contains(line), "{line} is missing in\n{first}");
    }

    use_the_api(&sandbox);
    let url = stdout(&sandbox, &["outputs", "dev", "EndpointURL"]);
    assert!(first.contains(url.trim()), "{url}");

    let unchanged = stdout(&sandbox, &["deploy", "dev"]);
    assert!(
        unchanged.contains("Dev-Stateful (no changes)"),
        "{unchanged}"
    );
    assert!(
        unchanged.contains("Dev-Stateless (no changes)"),
        "{unchanged}"
    );

    sandbox.whole_settings("stages.dev.log_retention_days = 7");
    let changed = stdout(&sandbox, &["deploy", "dev"]);
    assert!(changed.contains("Dev-Stateful (no changes)"), "{changed}");
    assert!(
        changed.contains("✅  UserManagementBackend-Dev-Stateless\n"),
        "{changed}"
    );

    let destroyed = stdout(&sandbox, &["destroy", "dev", "--yes"]);
    assert_eq!(
        destroyed,
        "UserManagementBackend-Dev-Stateless is destroyed\n\
         UserManagementBackend-Dev-Stateful is destroyed\n"
    );
    sandbox.umb(&["outputs", "dev"]).fails(1);
    stdout(&sandbox, &["destroy", "all", "--yes"]);
    assert_eq!(aws.resources(&sandbox), before, "something was left behind");
}

/// Creates, updates, lists and deletes a user.
fn use_the_api(sandbox: &Sandbox) {
    let john = [
        "users",
        "create",
        "--username",
        "john",
        "--email",
        "john@example.com",
    ];
    stdout(sandbox, &john);
    let again = sandbox.umb(&john).fails(1);
    assert_eq!(
        again.stderr,
        "error: User john already exists (409)\n\
         hint: `umb users get john` shows it; `umb users update john --set country=US` changes it, for example\n"
    );
    stdout(
        sandbox,
        &[
            "users",
            "update",
            "john",
            "--set",
            "country=US",
            "--set",
            "state=WA",
        ],
    );
    let user: Value = serde_json::from_str(&stdout(sandbox, &["users", "get", "john"])).unwrap();
    assert_eq!(
        user,
        json!({"username": "john", "email": "john@example.com", "country": "US", "state": "WA"})
    );
    assert_eq!(
        stdout(sandbox, &["users", "list"]),
        "{\"country\":\"US\",\"email\":\"john@example.com\",\"state\":\"WA\",\"username\":\"john\"}\n"
    );
    assert_eq!(
        stdout(sandbox, &["users", "delete", "john", "--yes"]),
        "User john was deleted\n"
    );
}

#[test]
fn destroy_all_takes_every_stage_and_the_bucket_and_nothing_else() {
    let aws = ministack();
    let sandbox = Sandbox::on(aws);
    let before = aws.resources(&sandbox);
    sandbox.whole_settings("app = \"Other\"");
    stdout(&sandbox, &["deploy", "dev"]);
    let other = aws.resources(&sandbox);

    sandbox.whole_settings("app = \"Mine\"\n[stages.qa]");
    for stage in ["dev", "prod", "qa"] {
        stdout(&sandbox, &["deploy", stage]);
    }
    // A stage that umb.toml no longer knows is destroyed too.
    sandbox.whole_settings("app = \"Mine\"");
    let confirmed = ["destroy", "all", "--confirm", "Mine", "--delete-data"];
    stdout(&sandbox, &confirmed);
    assert_eq!(aws.resources(&sandbox), other);

    sandbox.whole_settings("app = \"Other\"");
    stdout(&sandbox, &["destroy", "all", "--yes"]);
    assert_eq!(aws.resources(&sandbox), before);
}

#[test]
fn a_table_is_billed_as_it_is_deployed_until_the_settings_say_otherwise() {
    let aws = ministack();
    let sandbox = Sandbox::on(aws);
    let billing = |settings: &str| {
        sandbox.settings(settings);
        let run = sandbox.umb(&["deploy", "prod", "--yes"]).ok();
        let name = stdout(&sandbox, &["outputs", "prod", "TableName"]);
        let table = aws.table(&sandbox, name.trim());
        let mode = table["BillingModeSummary"]["BillingMode"].clone();
        let units = &table["ProvisionedThroughput"];
        let units = (mode == "PROVISIONED")
            .then(|| [&units["ReadCapacityUnits"], &units["WriteCapacityUnits"]]);
        (json!([mode, units]), run.stderr)
    };
    let on_demand = json!(["PAY_PER_REQUEST", null]);
    let provisioned = json!(["PROVISIONED", [5, 6]]);
    assert_eq!(billing("").0, on_demand);
    let set = "[stages.prod]\nwrite_capacity = 6\nreserved_concurrency = 7";
    assert_eq!(billing(set).0, provisioned);
    // Nobody has said that it is to be otherwise, and what stays is said.
    let (kept, stderr) = billing("");
    assert_eq!(kept, provisioned);
    let note = "note: prod keeps what is deployed and umb.toml does not set: billing = \"provisioned\", \
                read_capacity = 5, write_capacity = 6, reserved_concurrency = 7\n";
    assert!(stderr.contains(note), "{stderr}");
    let plan = sandbox.umb(&["plan", "prod", "--exit-code"]).ok();
    assert!(plan.stderr.contains(note), "{plan:?}");
    // Also where the stack is gone and the table has outlived it.
    sandbox
        .umb(&["destroy", "prod", "--confirm", &sandbox.prod()])
        .ok();
    assert_eq!(billing("").0, provisioned);
    let (changed, stderr) = billing("stages.prod.billing = \"on-demand\"");
    assert_eq!(changed, on_demand);
    // Only where it is deployed to.
    assert_eq!(stderr.matches("note: ").count(), 1, "{stderr}");
}

#[test]
fn users_survive_a_changed_deploy() {
    // Requests without a signature find the default account only.
    let sandbox = Sandbox::on_default_account(ministack());
    stdout(&sandbox, &["deploy", "dev"]);
    stdout(&sandbox, &["users", "create", "--username", "john"]);
    sandbox.settings("stages.dev = { authorization = \"NONE\", reserved_concurrency = 2 }");
    // Nobody has agreed to it.
    let asked = sandbox.umb(&["deploy", "dev"]).fails(3);
    let anyone = "RestAPI: anyone may call it: authorization = \"NONE\"";
    assert!(asked.stderr.contains(anyone), "{asked:?}");
    let plan = stdout(&sandbox, &["plan", "dev", "--json"]);
    let plan: Value = serde_json::from_str(&plan).unwrap();
    assert_eq!(
        plan["stacks"][1]["broader"],
        json!([{"logical_id": "RestAPI", "grants": "anyone may call it: authorization = \"NONE\""}])
    );
    let open = sandbox.umb(&["deploy", "dev", "--yes"]).ok();
    assert!(
        open.stderr.contains("warning: authorization = \"NONE\""),
        "{open:?}"
    );
    assert!(stdout(&sandbox, &["users", "get", "john"]).contains("john"));
}

#[test]
fn a_stage_that_is_opened_from_the_start_is_asked_about() {
    let sandbox = Sandbox::on(ministack());
    sandbox.settings("[stages.dev]\nallowed_accounts = [\"222222222222\"]");
    let asked = sandbox.umb(&["deploy", "dev"]).fails(3);
    let text = "RestAPI: identities of the account 222222222222 may call it";
    assert!(asked.stderr.contains(text), "{asked:?}");
    assert!(!asked.stderr.contains("creating"), "{asked:?}");
    stdout(&sandbox, &["deploy", "dev", "--yes"]);
    // What was agreed to is not asked again, and less is not more.
    stdout(&sandbox, &["deploy", "dev"]);
    sandbox.settings("");
    stdout(&sandbox, &["deploy", "dev"]);
}

/// A table of another key than umb's, as the only resource of a stack.
const OTHER_TABLE: &str = r#"{"Resources":{"Table":{"Type":"AWS::DynamoDB::Table","Properties":{"BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],"KeySchema":[{"AttributeName":"id","KeyType":"HASH"}]}}}}"#;

#[test]
fn what_a_failed_first_creation_left_is_cleared_away() {
    let aws = ministack();
    let sandbox = Sandbox::on(aws);
    let stack = format!("{}-Dev-Stateful", sandbox.app);
    let failing = r#"{"Resources":{"Bad":{"Type":"AWS::SNS::Topic","Properties":{"DisplayName":{"Fn::ImportValue":"no-such-export"}}}}}"#;
    aws.create_stack(&sandbox, &stack, failing, "ROLLBACK_COMPLETE");
    let run = sandbox.umb(&["deploy", "dev"]).ok();
    assert!(
        run.stderr
            .contains("is left over from a failed first creation"),
        "{run:?}"
    );
    stdout(&sandbox, &["users", "list"]);
}

#[test]
fn a_stack_of_somebody_else_is_left_alone() {
    let aws = ministack();
    let sandbox = Sandbox::on(aws);
    let stack = format!("{}-Dev-Stateful", sandbox.app);
    aws.create_foreign_stack(&sandbox, &stack, OTHER_TABLE, "CREATE_COMPLETE");
    let before = aws.resources(&sandbox);
    for verb in [&["deploy", "dev"][..], &["destroy", "dev", "--yes"]] {
        let run = sandbox.umb(verb).fails(1);
        let cause = format!("error: {stack} was not created by umb: it lacks this stage's tags\n");
        assert!(run.stderr.contains(&cause), "{run:?}");
    }
    sandbox.umb(&["destroy", "all", "--yes"]).ok();
    assert_eq!(aws.resources(&sandbox), before);
}

#[test]
fn a_change_that_would_replace_the_table_stops_the_deploy() {
    let aws = ministack();
    let sandbox = Sandbox::on(aws);
    let stack = format!("{}-Dev-Stateful", sandbox.app);
    aws.create_stack(&sandbox, &stack, OTHER_TABLE, "CREATE_COMPLETE");
    let tables = aws.resources(&sandbox)["tables"].clone();
    let run = sandbox.umb(&["deploy", "dev"]).fails(1);
    assert!(
        run.stderr.contains(&format!(
            "error: {stack} would lose its data: Table (AWS::DynamoDB::Table) would be replaced or \
             deleted, because of "
        )) && run.stderr.contains("/Properties/KeySchema")
            && run.stderr.contains("\nhint: nothing was changed"),
        "{run:?}"
    );
    assert_eq!(aws.resources(&sandbox)["tables"], tables);
}

#[test]
fn a_reservation_beyond_the_accounts_quota_is_left_out_with_a_warning() {
    let sandbox = Sandbox::on(ministack());
    sandbox.settings("stages.dev.reserved_concurrency = 1000000");
    let run = sandbox.umb(&["deploy", "dev"]).ok();
    assert!(
        run.stderr
            .contains("warning: skipping the reserved concurrency of 1000000"),
        "{run:?}"
    );
}

#[test]
fn destroying_what_is_not_there_says_so() {
    let sandbox = Sandbox::on(ministack());
    let nothing = format!(
        "the stage dev is not deployed (account {}, eu-west-1)\n",
        sandbox.variable("AWS_ACCESS_KEY_ID")
    );
    let run = sandbox.umb(&["destroy", "dev", "--yes"]).ok();
    assert_eq!(run.stdout, nothing);
    let run = sandbox.umb(&["destroy", "dev"]).ok();
    assert_eq!(run.stdout, nothing);
}

#[test]
fn destroy_fails_if_nobody_can_be_asked() {
    let sandbox = Sandbox::on(ministack());
    stdout(&sandbox, &["deploy", "dev"]);
    let run = sandbox.umb(&["destroy", "dev"]).fails(3);
    assert!(run.stderr.contains("hint: pass --yes"), "{run:?}");
    stdout(&sandbox, &["outputs", "dev"]);
}

#[test]
fn outputs_as_json_and_by_key() {
    let sandbox = Sandbox::on(ministack());
    stdout(&sandbox, &["deploy", "dev"]);
    let json: Value =
        serde_json::from_str(&stdout(&sandbox, &["outputs", "dev", "--json"])).unwrap();
    let stateless = json[format!("{}-Dev-Stateless", sandbox.app)]
        .as_object()
        .unwrap();
    let keys: Vec<_> = stateless.keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "APIHandlerArn",
            "APIHandlerName",
            "EndpointURL",
            "RestAPIId"
        ]
    );
    for (key, value) in stateless {
        assert_eq!(
            stdout(&sandbox, &["outputs", "dev", key]).trim(),
            value.as_str().unwrap()
        );
    }
    let run = sandbox.umb(&["outputs", "dev", "Nothing"]).fails(2);
    assert!(
        run.stderr
            .contains("the outputs are TableArn, TableName, API"),
        "{run:?}"
    );
}

#[test]
fn where_an_account_has_no_namespace_the_bucket_is_in_the_one_that_all_share() {
    let aws = ministack();
    let proxy = Proxy::before(aws, 0, 0);
    let sandbox = Sandbox::on(aws).with("AWS_ENDPOINT_URL", &proxy.endpoint);
    let before = aws.resources(&sandbox);
    let bucket = format!(
        "{}-assets-{}-eu-west-1",
        sandbox.app.to_lowercase(),
        sandbox.variable("AWS_ACCESS_KEY_ID")
    );
    proxy.refuse(&format!("PUT /{bucket}-an/"), "InvalidBucketName");
    stdout(&sandbox, &["deploy", "dev"]);
    assert_eq!(aws.resources(&sandbox)["buckets"], json!([bucket]));
    // What runs from there stays there.
    sandbox.settings("stages.dev.log_retention_days = 7");
    stdout(&sandbox, &["deploy", "dev"]);
    assert_eq!(aws.resources(&sandbox)["buckets"], json!([bucket]));
    stdout(&sandbox, &["destroy", "all", "--yes"]);
    assert_eq!(aws.resources(&sandbox), before);
}
