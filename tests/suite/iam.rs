//! Who may do what: MiniStack with `AUTH=true` enforces policies and signatures.

use serde_json::json;

use crate::harness::{MiniStack, Sandbox, ministack_with_iam, request, texts};

const IAM: &str = "Version=2010-05-08";

/// What the function's role allows on the table, and the request that needs it.
const ACTIONS: [(&str, &[&str]); 5] = [
    ("dynamodb:PutItem", &["create", "--username", "other"]),
    ("dynamodb:GetItem", &["get", "john"]),
    ("dynamodb:UpdateItem", &["update", "john", "--set", "a=b"]),
    ("dynamodb:Scan", &["list"]),
    ("dynamodb:DeleteItem", &["delete", "john"]),
];

/// A stage `dev`, deployed by its account's root.
fn deployed(aws: &MiniStack) -> Sandbox {
    let sandbox = Sandbox::on_default_account(aws);
    sandbox.umb(&["deploy", "dev"]).ok();
    sandbox
}

/// Credentials of a new IAM user whose one policy allows `actions`.
fn user(aws: &MiniStack, root: &Sandbox, name: &str, actions: &[&str]) -> (String, String) {
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}],
    });
    aws.form(
        root,
        "iam",
        &format!("Action=CreateUser&{IAM}&UserName={name}"),
    );
    aws.form(
        root,
        "iam",
        &format!(
            "Action=PutUserPolicy&{IAM}&UserName={name}&PolicyName=All&PolicyDocument={policy}"
        ),
    );
    let key = aws.form(
        root,
        "iam",
        &format!("Action=CreateAccessKey&{IAM}&UserName={name}"),
    );
    let text = |element: &str| texts(&key, element)[0].as_str().unwrap().to_owned();
    (text("AccessKeyId"), text("SecretAccessKey"))
}

/// The same app in the hands of somebody else.
fn used_by(aws: &MiniStack, root: &Sandbox, (id, secret): &(String, String)) -> Sandbox {
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
            .starts_with("error: the API refuses these credentials: "),
        "{run:?}"
    );
    assert!(
        run.stderr
            .contains("hint: the credentials need execute-api:Invoke"),
        "{run:?}"
    );
}

#[test]
fn the_functions_role_is_enough_and_each_of_its_actions_is_needed() {
    let aws = ministack_with_iam();
    let root = deployed(aws).with("UMB_STAGE", "dev");
    let run = |verb: &[&str]| root.umb(&[&["users"], verb].concat());
    let table = root.umb(&["outputs", "dev", "TableArn"]).ok().stdout;
    let roles = aws.form(&root, "iam", &format!("Action=ListRoles&{IAM}"));
    let roles = texts(&roles, "RoleName");
    let role = roles
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|name| name.as_str())
        .find(|name| name.starts_with(&root.app))
        .unwrap();
    let allow = |actions: &[&str]| {
        let policy = json!({
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": actions, "Resource": table.trim()}],
        });
        aws.form(
            &root,
            "iam",
            &format!("Action=PutRolePolicy&{IAM}&RoleName={role}&PolicyName=Table&PolicyDocument={policy}"),
        );
    };

    // As it was deployed, it is enough for every route.
    run(&["create", "--username", "john"]).ok();
    for (action, verb) in ACTIONS {
        let others: Vec<_> = ACTIONS
            .iter()
            .map(|(name, _)| *name)
            .filter(|name| *name != action)
            .collect();
        allow(&others);
        let refused = run(verb);
        assert_eq!(
            refused.code, 1,
            "{verb:?} works without {action}: {refused:?}"
        );
        assert!(
            refused
                .stderr
                .contains("The request could not be completed (500)"),
            "{refused:?}"
        );
        allow(&ACTIONS.map(|(name, _)| name));
        run(verb).ok();
    }
}
