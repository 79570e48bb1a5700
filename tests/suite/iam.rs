//! Who may do what: MiniStack with `AUTH=true` enforces policies and signatures.

use std::time::{Duration, SystemTime};

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::harness::{Key, MiniStack, Sandbox, ministack_with_iam, request, signed, texts, user};

const IAM: &str = "Version=2010-05-08";

/// What the function's role allows on the table, and the request that needs it.
const ACTIONS: [(&str, &[&str]); 5] = [
    ("dynamodb:PutItem", &["create", "--username", "other"]),
    ("dynamodb:GetItem", &["get", "john"]),
    ("dynamodb:UpdateItem", &["update", "john", "--set", "a=b"]),
    ("dynamodb:Scan", &["list"]),
    ("dynamodb:DeleteItem", &["delete", "john", "--yes"]),
];

/// A stage `dev`, deployed by its account's root.
fn deployed(aws: &MiniStack) -> Sandbox {
    let sandbox = Sandbox::on_default_account(aws);
    sandbox.umb(&["deploy", "dev"]).ok();
    sandbox
}

/// The same app in the hands of somebody else.
fn used_by(aws: &MiniStack, root: &Sandbox, (id, secret): &Key) -> Sandbox {
    let sandbox = Sandbox::on(aws)
        .with("AWS_ACCESS_KEY_ID", id)
        .with("AWS_SECRET_ACCESS_KEY", secret)
        .with("UMB_STAGE", "dev");
    sandbox.whole_settings(&format!("app = \"{}\"", root.app));
    sandbox
}

#[test]
fn unsigned_requests_are_refused_and_signed_ones_are_let_in() {
    let aws = ministack_with_iam();
    let root = deployed(aws);
    let url = root.umb(&["outputs", "dev", "EndpointURL"]).ok().stdout;
    let url = format!("{}users", url.trim());
    for method in ["GET", "POST"] {
        let unsigned = request(method, &url, &[], None).unwrap();
        assert_eq!(unsigned.status, 403, "{unsigned:?}");
    }

    let reader = ["cloudformation:DescribeStacks", "sts:GetCallerIdentity"];
    let caller = [&reader[..], &["execute-api:Invoke"]].concat();
    let let_in = used_by(aws, &root, &user(aws, &root, "caller", &caller));
    let_in.umb(&["users", "create", "--username", "john"]).ok();
    assert_eq!(
        let_in.umb(&["users", "list"]).ok().stdout,
        "{\"username\":\"john\"}\n"
    );

    let kept_out = used_by(aws, &root, &user(aws, &root, "reader", &reader));
    let run = kept_out.umb(&["users", "list"]).fails(1);
    assert!(
        run.stderr
            .starts_with("error: the API rejected these credentials: "),
        "{run:?}"
    );
    assert!(
        run.stderr
            .contains("hint: the credentials need execute-api:Invoke"),
        "{run:?}"
    );
}

#[test]
fn wrong_and_old_signatures_are_refused() {
    let aws = ministack_with_iam();
    let root = deployed(aws);
    aws.complete_import(&root);
    let url = format!("{}users/ghost", root.output("dev", "EndpointURL"));
    let (id, secret) = user(aws, &root, "signer", &["execute-api:Invoke"]);
    let now = SystemTime::now();
    let answer = |key: Key, at| {
        let answer = signed("GET", &url, &key, at);
        (
            answer.status,
            answer.json()["type"].as_str().unwrap().to_owned(),
        )
    };
    let problem = |status, kind: &str| (status, format!("urn:umb:problem:{kind}"));
    let right = (id.clone(), secret.clone());
    assert_eq!(answer(right.clone(), now), problem(404, "user-not-found"));
    let wrong = (id, "wrong".to_owned());
    assert_eq!(answer(wrong, now), problem(403, "invalid-signature"));
    let hour = Duration::from_hours(1);
    assert_eq!(answer(right, now - hour), problem(403, "invalid-signature"));
    let unknown = ("AKIAIOSFODNN7EXAMPLE".to_owned(), secret);
    assert_eq!(answer(unknown, now), problem(403, "access-denied"));
    let unsigned = request("GET", &url, &[], None).unwrap().json();
    assert_eq!(
        unsigned["type"],
        "urn:umb:problem:missing-authentication-token"
    );
}

/// MiniStack gives policies no address of a request, so no address block admits one. That the others are
/// admitted cannot be shown here.
#[test]
fn addresses_that_a_stage_does_not_admit_are_refused() {
    let aws = ministack_with_iam();
    let sandbox = Sandbox::on_default_account(aws);
    let status = |settings: &str| {
        sandbox.settings(&format!(
            "stages.dev = {{ authorization = \"NONE\"{settings} }}"
        ));
        sandbox.umb(&["deploy", "dev", "--yes", "--no-verify"]).ok();
        let url = format!("{}users/ghost", sandbox.output("dev", "EndpointURL"));
        request("GET", &url, &[], None).unwrap().status
    };
    assert_eq!(status(""), 404);
    assert_eq!(status(", allowed_cidrs = [\"192.0.2.0/24\"]"), 403);
}

/// AWS refuses other accounts that the API's policy does not name; MiniStack lets them in all the same, so that
/// half is left to the template's own tests.
#[test]
fn another_account_is_let_in_where_both_allow_it() {
    let aws = ministack_with_iam();
    let root = deployed(aws);
    let other = Sandbox::on(aws);
    let account = other.variable("AWS_ACCESS_KEY_ID").to_owned();
    let caller = user(aws, &other, "caller", &["execute-api:Invoke"]);
    root.settings(&format!("stages.dev.allowed_accounts = [\"{account}\"]"));
    root.umb(&["deploy", "dev", "--yes"]).ok();
    let url = format!("{}users/ghost", root.output("dev", "EndpointURL"));
    assert_eq!(signed("GET", &url, &caller, SystemTime::now()).status, 404);
    let denied = user(aws, &other, "denied", &["sts:GetCallerIdentity"]);
    assert_eq!(signed("GET", &url, &denied, SystemTime::now()).status, 403);
}

#[test]
fn the_functions_role_is_enough_and_each_of_its_actions_is_needed() {
    let aws = ministack_with_iam();
    let root = deployed(aws).with("UMB_STAGE", "dev");
    let users = |verb: &[&str]| root.umb(&[&["users"], verb].concat());
    let roles = aws.form(&root, "iam", &format!("Action=ListRoles&{IAM}"));
    let roles = texts(&roles, "RoleName");
    let role = roles
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|name| name.as_str())
        .find(|name| name.starts_with(&root.app) && name.contains("-APIHandlerRole"))
        .unwrap();
    let of_table = format!("{IAM}&RoleName={role}&PolicyName=Table");
    let policy = aws.form(&root, "iam", &format!("Action=GetRolePolicy&{of_table}"));
    let policy = texts(&policy, "PolicyDocument")[0]
        .as_str()
        .unwrap()
        .to_owned();
    let policy = percent_decode_str(&policy).decode_utf8().unwrap();
    let policy: Value = serde_json::from_str(&policy).unwrap();

    // The deployed role allows these actions, only on the table, and nothing else.
    let table = root.umb(&["outputs", "dev", "TableArn"]).ok().stdout;
    let statement = &policy["Statement"][0];
    let mut actions = ACTIONS.map(|(action, _)| action);
    actions.sort_unstable();
    assert_eq!(statement["Action"], json!(actions), "{policy}");
    assert_eq!(statement["Resource"], table.trim(), "{policy}");
    assert_eq!(policy["Statement"].as_array().unwrap().len(), 1, "{policy}");

    // It is enough for every route.
    users(&["create", "--username", "john"]).ok();
    for (_, verb) in ACTIONS {
        users(verb).ok();
    }
    users(&["create", "--username", "john"]).ok();
    users(&["delete", "other", "--yes"]).ok();

    // Without one of them, its route fails.
    let put = |policy: &Value| {
        let form = format!("Action=PutRolePolicy&{of_table}&PolicyDocument={policy}");
        aws.form(&root, "iam", &form);
    };
    for (action, verb) in ACTIONS {
        let mut without = policy.clone();
        without["Statement"][0]["Action"]
            .as_array_mut()
            .unwrap()
            .retain(|other| other != action);
        put(&without);
        let run = users(verb).fails(1);
        let failed = run
            .stderr
            .contains("The request could not be completed (500)");
        assert!(failed, "without {action}: {run:?}");
        put(&policy);
        users(verb).ok();
    }
}

#[test]
fn a_deploy_fails_whose_api_does_not_let_its_deployer_in() {
    let aws = ministack_with_iam();
    let root = deployed(aws);
    let all_but_the_api = [
        "apigateway:*",
        "cloudformation:*",
        "dynamodb:*",
        "iam:*",
        "lambda:*",
        "logs:*",
        "s3:*",
        "servicequotas:*",
        "sts:*",
    ];
    let deployer = used_by(aws, &root, &user(aws, &root, "deployer", &all_but_the_api));
    let run = deployer.umb(&["deploy", "dev"]).fails(1);
    assert!(
        run.stderr
            .contains("error: the stage is deployed, but its API does not work\n"),
        "{run:#?}"
    );
    assert!(
        run.stderr
            .contains("hint: the credentials need execute-api:Invoke"),
        "{run:#?}"
    );
}
