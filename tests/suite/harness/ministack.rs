//! MiniStack, an AWS emulator: one process per test binary and mode, on a free port.

use std::collections::BTreeMap;
use std::process::Child;
use std::sync::{LazyLock, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Answer, Recorder, Sandbox, request, start_peer};

const PATIENCE: Duration = Duration::from_mins(1);
/// A running MiniStack.
pub struct MiniStack {
    /// Its address, without a slash at the end.
    pub endpoint: String,
    // Its standard input is open as long as this is: the launcher ends when it closes.
    _process: Mutex<Child>,
}

/// The MiniStack that lets everyone in.
pub fn ministack() -> &'static MiniStack {
    static SHARED: LazyLock<MiniStack> = LazyLock::new(|| MiniStack::start(false));
    &SHARED
}

/// The MiniStack that enforces IAM policies and signatures.
pub fn ministack_with_iam() -> &'static MiniStack {
    static SHARED: LazyLock<MiniStack> = LazyLock::new(|| MiniStack::start(true));
    &SHARED
}

impl MiniStack {
    fn start(enforces_iam: bool) -> Self {
        let recorder = Recorder::bind();
        let endpoint = recorder.endpoint.clone();
        let (peer, process) = start_peer("ministack", "/_ministack/health", |command, port| {
            command
                .arg("ministack")
                .env("GATEWAY_PORT", port.to_string())
                .env("BIND_HOST", "127.0.0.1")
                // Where its functions find AWS.
                .env("AWS_ENDPOINT_URL", &endpoint)
                .env("MINISTACK_REGION", "eu-west-1")
                .env("MINISTACK_ACCOUNT_ID", "111111111111")
                .env("IOT_MTLS_ENABLED", "0")
                .env("AUTH", enforces_iam.to_string());
        });
        recorder.serve(&peer);
        Self {
            endpoint,
            _process: Mutex::new(process),
        }
    }
}

/// What tests ask of MiniStack themselves.
impl MiniStack {
    /// Everything in the sandbox's account that a deploy creates, by service.
    pub fn resources(&self, sandbox: &Sandbox) -> BTreeMap<&'static str, Value> {
        let stacks = self.form(
            sandbox,
            "cloudformation",
            "Action=DescribeStacks&Version=2010-05-15",
        );
        let roles = self.form(sandbox, "iam", "Action=ListRoles&Version=2010-05-08");
        let dashboards = self.form(
            sandbox,
            "monitoring",
            "Action=ListDashboards&Version=2010-08-01",
        );
        BTreeMap::from([
            ("stacks", texts(&stacks, "StackName")),
            ("roles", of_the_stages(&texts(&roles, "RoleName"))),
            ("dashboards", texts(&dashboards, "DashboardName")),
            (
                "tables",
                self.target(sandbox, "dynamodb", "DynamoDB_20120810.ListTables", "{}"),
            ),
            (
                "log groups",
                self.target(sandbox, "logs", "Logs_20140328.DescribeLogGroups", "{}")["logGroups"]
                    .as_array()
                    .map(|groups| {
                        groups
                            .iter()
                            .map(|group| group["logGroupName"].clone())
                            .collect()
                    })
                    .unwrap_or_default(),
            ),
            (
                "functions",
                self.read(sandbox, "lambda", "2015-03-31/functions/").json()["Functions"].clone(),
            ),
            (
                "apis",
                self.read(sandbox, "apigateway", "restapis").json()["item"].clone(),
            ),
            ("buckets", texts(&self.read(sandbox, "s3", "").body, "Name")),
        ])
    }

    /// A table's description.
    pub fn table(&self, sandbox: &Sandbox, name: &str) -> Value {
        let body = format!("{{\"TableName\":\"{name}\"}}");
        self.target(
            sandbox,
            "dynamodb",
            "DynamoDB_20120810.DescribeTable",
            &body,
        )["Table"]
            .clone()
    }

    /// Makes a stack of `template`, tagged as the sandbox's stage `dev` is, and waits for `status`.
    pub fn create_stack(&self, sandbox: &Sandbox, stack: &str, template: &str, status: &str) {
        let tags = format!(
            "Tags.member.1.Key=umb:app&Tags.member.1.Value={}&Tags.member.2.Key=umb:stage&\
             Tags.member.2.Value=dev",
            sandbox.app
        );
        self.create_foreign_stack(sandbox, stack, &format!("{template}&{tags}"), status);
    }

    /// Makes a stack of `template` without any tag, and waits for `status`.
    pub fn create_foreign_stack(
        &self,
        sandbox: &Sandbox,
        stack: &str,
        template: &str,
        status: &str,
    ) {
        let version = "Version=2010-05-15";
        self.form(
            sandbox,
            "cloudformation",
            &format!("Action=CreateStack&{version}&StackName={stack}&TemplateBody={template}"),
        );
        let query = format!("Action=DescribeStacks&{version}&StackName={stack}");
        let started = Instant::now();
        loop {
            let answer = self.form(sandbox, "cloudformation", &query);
            if answer.contains(&format!("<StackStatus>{status}</StackStatus>")) {
                return;
            }
            assert!(started.elapsed() < PATIENCE, "{answer}");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Calls a service of the query protocol, e.g. `Action=ListRoles&Version=…`.
    pub fn form(&self, sandbox: &Sandbox, service: &str, query: &str) -> String {
        let authorization = authorization(sandbox, service);
        let headers = [
            ("Authorization", authorization.as_str()),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ];
        let url = format!("{}/", self.endpoint);
        let answer = request("POST", &url, &headers, Some(query.as_bytes())).unwrap();
        answer.body
    }

    /// Calls an action of a service of the JSON protocol.
    pub fn target(&self, sandbox: &Sandbox, service: &str, target: &str, body: &str) -> Value {
        let authorization = authorization(sandbox, service);
        let headers = [
            ("Authorization", authorization.as_str()),
            ("Content-Type", "application/x-amz-json-1.0"),
            ("X-Amz-Target", target),
        ];
        let url = format!("{}/", self.endpoint);
        request("POST", &url, &headers, Some(body.as_bytes()))
            .unwrap()
            .json()
    }

    /// Reads from a REST service.
    pub fn read(&self, sandbox: &Sandbox, service: &str, path: &str) -> Answer {
        self.send(sandbox, [service, "GET", path], &[], None)
    }

    /// Sends a request to a REST service: the service, the method and the path.
    pub fn send(
        &self,
        sandbox: &Sandbox,
        [service, method, path]: [&str; 3],
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Answer {
        let authorization = authorization(sandbox, service);
        let url = format!("{}/{path}", self.endpoint);
        let mut headers = headers.to_vec();
        headers.push(("Authorization", &authorization));
        request(method, &url, &headers, body).unwrap()
    }
}

/// An authorization header of an account's root for MiniStack, which only reads the names in it.
fn authorization(sandbox: &Sandbox, service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential={}/20260101/eu-west-1/{service}/aws4_request, \
         SignedHeaders=host, Signature=0",
        sandbox.variable("AWS_ACCESS_KEY_ID")
    )
}

/// The roles without the one that is the account's and is never deleted.
fn of_the_stages(roles: &Value) -> Value {
    let roles = roles.as_array().unwrap().iter();
    roles
        .filter(|role| !role.as_str().unwrap().contains("-APIGatewayLogs"))
        .cloned()
        .collect()
}

/// The texts of all elements of that name.
pub fn texts(xml: &str, element: &str) -> Value {
    xml.split(&format!("<{element}>"))
        .skip(1)
        .filter_map(|rest| rest.split('<').next())
        .collect()
}
