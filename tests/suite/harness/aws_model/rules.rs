//! What the models do not say and AWS's documents do, and what the models say and AWS does not mean.

use serde_json::Value;

/// What breaks a model and is right, with the reason.
const EXCEPTIONS: [(&str, &str); 2] = [
    (
        "ipelineExecutionId: `",
        "the tests call executions by words such as `one`; umb hands on what CodePipeline, or a person, calls them",
    ),
    (
        "PutApprovalResult.token: `token of",
        "and approvals by what they are about",
    ),
];

/// A rule about an operation: what it forbids, and where that is written.
type Rule = (&'static str, fn(&Value) -> bool, &'static str);

const RULES: [Rule; 14] = [
    (
        "cloudformation.CreateChangeSet",
        |input| has(input, "TemplateBody") == has(input, "TemplateURL"),
        "exactly one of TemplateBody and TemplateURL",
    ),
    (
        "cloudformation.CreateChangeSet",
        |input| input["DeploymentMode"] == "REVERT_DRIFT" && input["ChangeSetType"] != "UPDATE",
        "REVERT_DRIFT only for stacks that exist",
    ),
    (
        "cloudformation.CreateChangeSet",
        |input| {
            let body = input["TemplateBody"].as_str();
            body.is_some_and(|body| body.len() > 51_200)
        },
        "TemplateBody of at most 51,200 bytes",
    ),
    (
        "cloudformation.DeleteStack",
        |input| has(input, "RetainResources") && has(input, "DeletionMode"),
        "RetainResources or DeletionMode",
    ),
    (
        "dynamodb.CreateTable",
        |input| {
            let is_on_demand = input["BillingMode"] == "PAY_PER_REQUEST";
            is_on_demand == has(input, "ProvisionedThroughput")
        },
        "ProvisionedThroughput for a provisioned table and for no other",
    ),
    (
        "dynamodb.PutItem",
        |input| {
            let returned = input["ReturnValues"].as_str();
            returned.is_some_and(|values| !["NONE", "ALL_OLD"].contains(&values))
        },
        "PutItem returns NONE or ALL_OLD",
    ),
    (
        "dynamodb.PutItem",
        has_unused_names,
        "every expression attribute is used",
    ),
    (
        "dynamodb.UpdateItem",
        has_unused_names,
        "every expression attribute is used",
    ),
    (
        "dynamodb.DeleteItem",
        has_unused_names,
        "every expression attribute is used",
    ),
    (
        "dynamodb.Scan",
        |input| has(input, "Segment") != has(input, "TotalSegments"),
        "Segment and TotalSegments belong together",
    ),
    (
        "lambda.UpdateFunctionCode",
        |input| {
            let sources = ["ZipFile", "S3Bucket", "ImageUri"];
            sources.iter().filter(|name| has(input, name)).count() != 1
        },
        "one source of the code",
    ),
    (
        "logs.GetLogEvents",
        |input| has(input, "logGroupName") == has(input, "logGroupIdentifier"),
        "a log group by its name or by its identifier",
    ),
    (
        "s3.CreateBucket",
        |input| input["CreateBucketConfiguration"]["LocationConstraint"] == "us-east-1",
        "us-east-1 is no location constraint",
    ),
    (
        "s3.CreateBucket",
        |input| !is_bucket_name(input["Bucket"].as_str().unwrap_or_default()),
        "a bucket's name: 3 to 63 lowercase letters, digits, dots and hyphens",
    ),
];

fn has(input: &Value, name: &str) -> bool {
    !input[name].is_null()
}

/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ExpressionAttributeNames.html>
fn has_unused_names(input: &Value) -> bool {
    let expressions = ["ConditionExpression", "UpdateExpression"].map(|name| {
        let text = input[name].as_str();
        text.unwrap_or_default().to_owned()
    });
    let expressions = expressions.join(" ");
    let is_used = |name: &String| {
        let mut words =
            expressions.split(|letter: char| !letter.is_alphanumeric() && !"#:_".contains(letter));
        words.any(|word| word == name)
    };
    ["ExpressionAttributeNames", "ExpressionAttributeValues"]
        .iter()
        .filter_map(|attributes| input[attributes].as_object())
        .any(|attributes| attributes.is_empty() || !attributes.keys().all(is_used))
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
fn is_bucket_name(name: &str) -> bool {
    let is_inner =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
    let is_outer = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = name.as_bytes();
    (3..=63).contains(&bytes.len())
        && bytes.iter().all(|byte| is_inner(*byte))
        && is_outer(bytes.first())
        && is_outer(bytes.last())
        && !name.contains("..")
}

/// Returns the rules that an operation's input breaks.
pub fn broken(operation: &str, input: &Value) -> Vec<String> {
    RULES
        .iter()
        .filter(|(about, is_broken, _)| *about == operation && is_broken(input))
        .map(|(_, _, rule)| format!("{operation}: {rule}"))
        .collect()
}

/// Whether a breach is right all the same.
pub fn is_excepted(breach: &str) -> bool {
    EXCEPTIONS
        .iter()
        .any(|(excepted, _)| breach.contains(excepted))
}
