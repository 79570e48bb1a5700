//! CloudFormation as a test plays it: responses of the shapes in
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Operations.html>.

use super::{Request, Sandbox, replay};

/// The stack that all is about.
const ARN: &str = "arn:aws:cloudformation:eu-west-1:111111111111:stack/App-Dev-Stateful/1";

/// A stage `dev` of the app `App` whose AWS is `cloudformation`, and whose bucket has everything.
pub fn sandbox(
    mut cloudformation: impl FnMut(&Request) -> (u16, String) + Send + 'static,
) -> Sandbox {
    let endpoint = replay(move |request| {
        if request.is("GetCallerIdentity") {
            identity()
        } else if request.method == "HEAD" {
            (200, String::new())
        } else if request.method == "GET" {
            // API Gateway's account.
            let role = "arn:aws:iam::111111111111:role/logs";
            (200, format!("{{\"cloudwatchRoleArn\":\"{role}\"}}"))
        } else if request.body.starts_with("{\"TableName\"") {
            let error = "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException";
            (400, format!("{{\"__type\":\"{error}\"}}"))
        } else {
            cloudformation(request)
        }
    });
    let sandbox = Sandbox::at(&endpoint);
    sandbox.whole_settings("app = \"App\"\nstages.dev.reserved_concurrency = 0");
    sandbox
}

/// The answer that it is the root of account 111111111111 who calls.
pub fn identity() -> (u16, String) {
    let identity = "<Account>111111111111</Account><Arn>arn:aws:iam::111111111111:root</Arn>";
    (200, response("GetCallerIdentity", identity))
}

/// An answer of the query protocol.
pub fn response(action: &str, result: &str) -> String {
    format!("<{action}Response><{action}Result>{result}</{action}Result></{action}Response>")
}

/// The answer that there is no such stack.
pub fn missing() -> (u16, String) {
    let error = "<Type>Sender</Type><Code>ValidationError</Code><Message>Stack with id App-Dev-Stateful does not exist</Message>";
    (
        400,
        format!("<ErrorResponse><Error>{error}</Error></ErrorResponse>"),
    )
}

/// The stack of stage `dev`, in this status.
pub fn stack(status: &str) -> (u16, String) {
    let tags = "<Tags><member><Key>umb:app</Key><Value>App</Value></member><member><Key>umb:stage</Key><Value>dev</Value></member></Tags>";
    let stack = format!(
        "<Stacks><member><StackId>{ARN}</StackId><StackName>App-Dev-Stateful</StackName>\
         <CreationTime>2026-01-01T00:00:00Z</CreationTime><StackStatus>{status}</StackStatus>{tags}</member></Stacks>"
    );
    (200, response("DescribeStacks", &stack))
}

/// The response that a change set is being created.
pub fn created_change_set() -> (u16, String) {
    let ids = format!(
        "<Id>arn:aws:cloudformation:eu-west-1:111111111111:changeSet/umb/1</Id><StackId>{ARN}</StackId>"
    );
    (200, response("CreateChangeSet", &ids))
}

/// A change set, in this status.
pub fn change_set(status: &str, reason: &str) -> (u16, String) {
    let result = format!("<Status>{status}</Status><StatusReason>{reason}</StatusReason>");
    (200, response("DescribeChangeSet", &result))
}

/// Events, newest first, of `(logical id, status, reason)`.
pub fn events(events: &[(&str, &str, &str)]) -> (u16, String) {
    let members: Vec<_> = events
        .iter()
        .map(|(id, status, reason)| {
            format!(
                "<member><EventId>{id}-{status}</EventId><StackId>{ARN}</StackId><StackName>App-Dev-Stateful</StackName>\
                 <LogicalResourceId>{id}</LogicalResourceId><PhysicalResourceId>{}</PhysicalResourceId>\
                 <ResourceType>AWS::DynamoDB::Table</ResourceType><Timestamp>2026-01-01T00:00:00Z</Timestamp>\
                 <ResourceStatus>{status}</ResourceStatus><ResourceStatusReason>{reason}</ResourceStatusReason></member>",
                if *id == "App-Dev-Stateful" { ARN } else { "" }
            )
        })
        .collect();
    let members = members.concat();
    (
        200,
        response(
            "DescribeStackEvents",
            &format!("<StackEvents>{members}</StackEvents>"),
        ),
    )
}

/// The answer of an action that has nothing to say.
pub fn done(request: &Request) -> (u16, String) {
    let action = request.body.split(['=', '&']).nth(1).unwrap_or_default();
    (200, response(action, ""))
}

/// The first creation of Stateful, up to its execution; then `after` decides.
pub fn creation(
    mut after: impl FnMut(&Request) -> (u16, String) + Send + 'static,
) -> impl FnMut(&Request) -> (u16, String) + Send + 'static {
    let mut is_executed = false;
    move |request| {
        if is_executed && request.is("DescribeStacks") && request.body.contains("Stateless") {
            missing()
        } else if is_executed {
            after(request)
        } else if request.is("DescribeStacks") && request.body.contains("arn%3A") {
            stack("REVIEW_IN_PROGRESS")
        } else if request.is("DescribeStacks") {
            missing()
        } else if request.is("CreateChangeSet") {
            created_change_set()
        } else if request.is("DescribeChangeSet") {
            change_set("CREATE_COMPLETE", "")
        } else if request.is("DescribeStackEvents") {
            events(&[("App-Dev-Stateful", "REVIEW_IN_PROGRESS", "User Initiated")])
        } else {
            is_executed = request.is("ExecuteChangeSet");
            done(request)
        }
    }
}
