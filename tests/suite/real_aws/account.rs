//! What an account does not allow, and what was deleted in it.

use crate::harness::{MiniStack, Proxy, Reply, Sandbox, ministack};

#[test]
fn a_deploy_that_may_not_tidy_up_has_succeeded_all_the_same() {
    let aws = ministack();
    let proxy = Proxy::over(&aws.endpoint, |request| {
        let lists = request.method == "GET" && request.path.contains("prefix=handler");
        lists.then(|| {
            let denied = "<Error><Code>AccessDenied</Code><Message>no</Message></Error>";
            Reply::from((403, denied.to_owned()))
        })
    });
    let sandbox = Sandbox::on(aws).with("AWS_ENDPOINT_URL", &proxy.endpoint);
    let run = sandbox.umb(&["deploy", "dev"]).ok();
    assert!(
        run.stderr.contains(
            "old packages of functions were not deleted: S3 ListObjectsV2: no (AccessDenied)"
        ),
        "{run:#?}"
    );
    assert!(run.stdout.contains("EndpointURL"), "{run:#?}");
}

/// The role that API Gateway is to log with, by its name.
fn logging_role(aws: &MiniStack, sandbox: &Sandbox) -> String {
    let account = aws.send(sandbox, ["apigateway", "GET", "account"], &[], None);
    let account = account.json();
    let arn = account["cloudwatchRoleArn"].as_str().unwrap();
    arn.rsplit('/').next().unwrap().to_owned()
}

/// `AWS::ApiGateway::Account` belongs to the account, and API Gateway does not say that it cannot log.
#[test]
fn a_logging_role_that_was_deleted_is_replaced_where_somebody_agrees() {
    let aws = ministack();
    let sandbox = Sandbox::on(aws);
    sandbox.settings("[stages.qa]\n[stages.other]");
    sandbox.umb(&["deploy", "dev"]).ok();
    sandbox.umb(&["deploy", "other"]).ok();
    let first = logging_role(aws, &sandbox);
    for form in [
        format!(
            "DetachRolePolicy&RoleName={first}&PolicyArn=arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
        ),
        format!("DeleteRole&RoleName={first}"),
    ] {
        aws.form(
            &sandbox,
            "iam",
            &format!("Action={form}&Version=2010-05-08"),
        );
    }
    // The stack that has named it can only be told to look closer.
    let run = sandbox.umb(&["plan", "dev"]).ok();
    assert!(
        run.stderr
            .contains("was deleted; `umb deploy dev --revert-drift` creates it again"),
        "{run:#?}"
    );
    // Any other stack replaces it: a new one, and one that never set the role.
    let run = sandbox.umb(&["deploy", "qa"]).fails(3);
    let asked = format!("{first}, which was deleted");
    assert!(run.stderr.contains(&asked), "{run:#?}");
    assert_eq!(logging_role(aws, &sandbox), first);
    sandbox.umb(&["deploy", "other"]).fails(3);
    sandbox.umb(&["deploy", "other", "--yes"]).ok();
    assert_ne!(logging_role(aws, &sandbox), first);
    // Nobody has to agree to what is there.
    sandbox.umb(&["deploy", "qa"]).ok();
}
