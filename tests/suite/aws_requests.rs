//! The check that every request to AWS goes through finds what AWS would refuse, in each of its protocols.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::harness::aws_model::{Sent, check};

fn sent(signed_for: &str, method: &str, target: &str, headers: &[(&str, &str)]) -> Sent {
    let credential = format!("Credential=KEY/20260101/eu-west-1/{signed_for}/aws4_request, …");
    let own = [
        ("authorization", credential.as_str()),
        ("user-agent", "aws-sdk-rust/1"),
    ];
    let headers = own.iter().chain(headers);
    Sent {
        method: method.to_owned(),
        target: target.to_owned(),
        headers: headers
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect::<BTreeMap<_, _>>(),
        body: Vec::new(),
    }
}

fn with(body: impl Into<Vec<u8>>, sent: Sent) -> Sent {
    Sent {
        body: body.into(),
        ..sent
    }
}

fn query(signed_for: &str, form: &str) -> Result<String, String> {
    check(&with(form, sent(signed_for, "POST", "/", &[])))
}

#[track_caller]
fn assert_refused(checked: Result<String, String>, expected: &str) {
    let breach = checked.unwrap_err();
    assert!(breach.contains(expected), "{breach}");
}

#[test]
fn of_the_query_protocol() {
    let change_set = |more: &str| {
        let form = format!("Action=CreateChangeSet&Version=1&StackName=a&TemplateBody=x{more}");
        query("cloudformation", &form)
    };
    assert_eq!(
        change_set("&ChangeSetName=a&Tags.member.1.Key=k&Tags.member.1.Value=v"),
        Ok("cloudformation.CreateChangeSet".to_owned())
    );
    assert_refused(change_set(""), "CreateChangeSet.ChangeSetName: missing");
    assert_refused(change_set("&ChangeSetName=1"), "`1` does not match");
    assert_refused(
        change_set("&ChangeSetName=a&Taggs.member.1.Key=k"),
        "it has no members",
    );
    assert_refused(
        change_set("&ChangeSetName=a&Tags.member.1.Key=k"),
        "Tags[0].Value: missing",
    );
    assert_refused(
        change_set("&ChangeSetName=a&ChangeSetType=NEW"),
        "`NEW` is none of its choices",
    );
    assert_refused(
        change_set("&ChangeSetName=a&TemplateURL=u"),
        "exactly one of TemplateBody and TemplateURL",
    );
    assert_refused(
        change_set("&ChangeSetName=a&ChangeSetType=CREATE&DeploymentMode=REVERT_DRIFT"),
        "REVERT_DRIFT only for stacks that exist",
    );
    let large = format!("&ChangeSetName={}", "a".repeat(129));
    assert_refused(change_set(&large), "its length is 129, not 1 to 128");
    assert_refused(
        query("iam", "Action=GetRolle"),
        "there is no operation `GetRolle`",
    );
    assert_refused(query("ec2", "Action=DescribeVpcs"), "ec2 has no model here");
}

fn dynamodb(operation: &str, body: &Value) -> Result<String, String> {
    let target = format!("DynamoDB_20120810.{operation}");
    let headers = [("x-amz-target", target.as_str())];
    check(&with(
        body.to_string(),
        sent("dynamodb", "POST", "/", &headers),
    ))
}

#[test]
fn of_the_json_protocol() {
    let item = json!({"username": {"S": "john"}});
    let put = |more: Value| {
        let mut body = json!({"TableName": "users", "Item": item});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        dynamodb("PutItem", &body)
    };
    assert_eq!(put(json!({})), Ok("dynamodb.PutItem".to_owned()));
    assert_refused(put(json!({"Items": 1})), "PutItem.Items: unknown");
    assert_refused(
        put(json!({"TableName": 1})),
        "PutItem.TableName: not a string",
    );
    assert_refused(
        put(json!({"Item": {"username": {"S": "a", "N": "1"}}})),
        "one of its members, not 2",
    );
    assert_refused(
        put(json!({"ReturnValues": "ALL_NEW"})),
        "PutItem returns NONE or ALL_OLD",
    );
    let names = json!({"#a": "a"});
    assert_refused(
        put(json!({"ConditionExpression": "#ab = #ab", "ExpressionAttributeNames": names})),
        "every expression attribute is used",
    );
    assert_refused(
        dynamodb("Scan", &json!({"TableName": "users", "Limit": 0})),
        "Scan.Limit: 0 is not 1 to",
    );
}

#[test]
fn of_the_cbor_protocol() {
    let ask = |body: Value| {
        let mut bytes = Vec::new();
        ciborium::into_writer(&body, &mut bytes).unwrap();
        let target = "/service/GraniteServiceVersion20100801/operation/DescribeAlarms";
        let headers = [("smithy-protocol", "rpc-v2-cbor")];
        check(&with(bytes, sent("monitoring", "POST", target, &headers)))
    };
    assert_eq!(
        ask(json!({"AlarmNames": ["a"]})),
        Ok("monitoring.DescribeAlarms".to_owned())
    );
    assert_refused(ask(json!({"AlarmNames": "a"})), "AlarmNames: not a list");
    assert_refused(ask(json!({"MaxRecords": 101})), "101 is not 1 to 100");
}

#[test]
fn of_the_protocols_of_methods_and_paths() {
    let of = |signed_for: &str, method: &str, target: &str, body: &str| {
        check(&with(body, sent(signed_for, method, target, &[])))
    };
    let code = "/2015-03-31/functions/app/code";
    assert_eq!(
        of("lambda", "PUT", code, "{\"ZipFile\":\"\"}"),
        Ok("lambda.UpdateFunctionCode".to_owned())
    );
    assert_refused(of("lambda", "PUT", code, "{}"), "one source of the code");
    assert_refused(
        of(
            "lambda",
            "PUT",
            &format!("{code}?force=1"),
            "{\"ZipFile\":\"\"}",
        ),
        "UpdateFunctionCode has no parameters [\"force\"]",
    );
    assert_refused(
        of("lambda", "PUT", "/functions", ""),
        "nothing is called by PUT",
    );
    assert_eq!(
        of("apigateway", "GET", "/restapis/ab12", ""),
        Ok("apigateway.GetRestApi".to_owned())
    );
    assert_eq!(
        of("s3", "PUT", "/bucket/folder/key?x-id=PutObject", "zip"),
        Ok("s3.PutObject".to_owned())
    );
    let versioning = |status: &str| {
        let body =
            format!("<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>");
        of("s3", "PUT", "/bucket?versioning", &body)
    };
    assert_eq!(
        versioning("Enabled"),
        Ok("s3.PutBucketVersioning".to_owned())
    );
    assert_refused(versioning("On"), "`On` is none of its choices");
    assert_refused(of("s3", "PUT", "/Bucket", ""), "a bucket's name");
    let lifecycle = "<LifecycleConfiguration><Rule><ID>a</ID></Rule></LifecycleConfiguration>";
    assert_refused(
        of("s3", "PUT", "/bucket?lifecycle", lifecycle),
        "Rules[0].Status: missing",
    );
}

#[test]
fn without_a_signature() {
    let unsigned = Sent {
        method: "POST".to_owned(),
        ..Sent::default()
    };
    assert_refused(check(&unsigned), "the request is not signed");
}
