//! What neither emulator has, simulated in front of it: connections, and a pipeline's state.

use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::harness::{Moto, Proxy, Reply, Request, Run, Sandbox, request, runner};

pub const ACCOUNT: &str = "111111111111";

/// A subscription that nobody has confirmed:
/// <https://docs.aws.amazon.com/sns/latest/api/API_ListSubscriptionsByTopic.html>.
const UNCONFIRMED: &str = "<ListSubscriptionsByTopicResponse><ListSubscriptionsByTopicResult><Subscriptions><member>\
    <SubscriptionArn>PendingConfirmation</SubscriptionArn><Protocol>email</Protocol><Endpoint>ops@example.com</Endpoint>\
    </member></Subscriptions></ListSubscriptionsByTopicResult></ListSubscriptionsByTopicResponse>";

/// What is answered before an emulator.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Around {
    /// The connection: its tags; none where it is deleted.
    pub connection: Option<Value>,
    /// The name that it was created with here; `hub` if it is from before.
    pub created: Option<String>,
    pub status: &'static str,
    /// How many builds of Linux/Small the account may run; as many as it likes, if that is not said.
    pub small_builds: Option<f64>,
    /// Whether the address that is to be told has not confirmed it.
    pub is_unconfirmed: bool,
    /// Whether an execution is running.
    pub runs: bool,
    /// Whether the pipeline's UpdatePipeline is closed.
    pub is_closed: bool,
    /// Whether a commit starts another execution as soon as the first one is stopped.
    pub gets_a_commit: bool,
    /// Whether a new or changed stack starts an execution, and whether one has started.
    pub begins: bool,
    pub has_begun: bool,
    /// After so many more calls, who is to know, and whose word is waited for.
    pub pause: Option<(usize, Sender<()>, Receiver<()>)>,
}

impl Around {
    pub fn answer(&mut self, request: &Request, app: &str) -> Option<Reply> {
        self.count();
        let operation = request.operation();
        self.has_begun |= self.begins && operation == "ExecuteChangeSet";
        if request.target.contains("CodeStar_connections") {
            // This service lists no connection a second time.
            return Some(Reply::json(200, &json!({ "Connections": [] })));
        }
        if request.path.contains("CodeConnections") || request.target.contains("CodeConnections") {
            return Some(self.connections(&operation, request));
        }
        if let Some(reply) = self.readiness(&operation) {
            return Some(reply);
        }
        // moto heeds no condition of a policy: it would refuse everything that is to be refused without TLS.
        if request.method == "PUT"
            && request.path.contains("assets")
            && request.path.ends_with("?policy")
        {
            return Some(Reply::json(204, &json!({})));
        }
        if !request.target.contains("CodePipeline") {
            return None;
        }
        let answer = match operation.as_str() {
            "GetPipelineState" => json!({"pipelineName": app, "stageStates": [{
                "stageName": "Source"}, {
                "stageName": "UpdatePipeline",
                "inboundTransitionState": {"enabled": !self.is_closed, "disabledReason": "umb destroy"},
            }]}),
            "ListPipelineExecutions" => {
                let (id, status) = match (self.has_begun, self.runs) {
                    (true, _) => ("two", "InProgress"),
                    (false, true) => ("one", "InProgress"),
                    (false, false) => ("one", "Stopped"),
                };
                json!({"pipelineExecutionSummaries": [{"pipelineExecutionId": id, "status": status}]})
            }
            "ListPipelines" => json!({"pipelines": []}),
            "GetPipelineExecution" => {
                let status = if self.has_begun {
                    "Succeeded"
                } else {
                    "Stopped"
                };
                json!({"pipelineExecution": {"pipelineExecutionId": "two", "status": status}})
            }
            "ListActionExecutions" => json!({"actionExecutionDetails": []}),
            "EnableStageTransition" => {
                self.is_closed = false;
                json!({})
            }
            "DisableStageTransition" => {
                self.is_closed = true;
                json!({})
            }
            "StopPipelineExecution" => {
                self.runs = std::mem::take(&mut self.gets_a_commit);
                json!({"pipelineExecutionId": "one"})
            }
            _ => return None,
        };
        Some(Reply::json(200, &answer))
    }

    /// What an account allows, and who is told.
    fn readiness(&self, operation: &str) -> Option<Reply> {
        match operation {
            "ListServiceQuotas" => {
                let quota = json!({
                    "QuotaName": "Concurrently running builds for Linux/Small environment",
                    "Value": self.small_builds.unwrap_or(20.0),
                });
                Some(Reply::json(200, &json!({"Quotas": [quota]})))
            }
            "ListSubscriptionsByTopic" if self.is_unconfirmed => {
                Some(Reply::from((200, UNCONFIRMED.to_owned())))
            }
            _ => None,
        }
    }

    /// Counts a call; at the one that was asked for, everything waits.
    fn count(&mut self) {
        let Some((left, told, go_on)) = &mut self.pause else {
            return;
        };
        if *left > 0 {
            *left -= 1;
            return;
        }
        let _ = told.send(());
        let _ = go_on.recv();
        self.pause = None;
    }

    fn connections(&mut self, operation: &str, request: &Request) -> Reply {
        let arn = format!("arn:aws:codeconnections:eu-west-1:{ACCOUNT}:connection/hub");
        let shown = json!({
            "ConnectionName": self.created.as_deref().unwrap_or("hub"), "ConnectionArn": arn, "ProviderType": "GitHub",
            "OwnerAccountId": ACCOUNT, "ConnectionStatus": self.status,
        });
        match (operation, &self.connection) {
            ("ListConnections", Some(_)) => Reply::cbor(200, &json!({ "Connections": [shown] })),
            ("ListConnections", None) => Reply::cbor(200, &json!({ "Connections": [] })),
            ("GetConnection", Some(_)) => Reply::cbor(200, &json!({ "Connection": shown })),
            ("ListTagsForResource", Some(tags)) => Reply::cbor(200, &json!({ "Tags": tags })),
            ("CreateConnection", None) => {
                let body = request.cbor();
                self.created = body["ConnectionName"].as_str().map(str::to_owned);
                self.connection = Some(body["Tags"].clone());
                Reply::cbor(200, &json!({ "ConnectionArn": arn }))
            }
            ("DeleteConnection", _) => {
                self.connection = None;
                Reply::cbor(200, &json!({}))
            }
            _ => panic!("{operation} is not to be called: {:?}", request.cbor()),
        }
    }
}

/// The settings of a pipeline that deploys `dev` in the account of the sandbox.
pub fn settings(sandbox: &Sandbox, account: &str, more: &str) {
    sandbox.settings(&format!(
        "[pipeline]\naccount = \"{account}\"\nregion = \"eu-west-1\"\nconnection = \"hub\"\n\
         repository = \"octo/backend\"\nstages = [\"dev\"]\n{more}"
    ));
}

/// moto with connections, and a sandbox on it.
pub fn on_moto() -> (Moto, Arc<Mutex<Around>>, Sandbox) {
    let moto = Moto::start();
    let around = Arc::new(Mutex::new(Around {
        connection: Some(json!([])),
        status: "AVAILABLE",
        ..Around::default()
    }));
    let shared = Arc::clone(&around);
    let proxy = Proxy::over(&moto.endpoint, move |request| {
        shared.lock().unwrap().answer(request, "App")
    });
    let sandbox = Sandbox::at(&proxy.endpoint);
    settings(&sandbox, ACCOUNT, "");
    (moto, around, sandbox)
}

/// Runs `umb deploy pipeline` with a runner that is soon uploaded.
pub fn deploy_pipeline(sandbox: &Sandbox, args: &[&str]) -> Run {
    let deploy = ["deploy", "pipeline", "--runner", runner()];
    sandbox.umb(&[&deploy, args].concat())
}

/// What moto says of a stack.
pub fn describe(moto: &Moto, stack: &str) -> String {
    ask(moto, &format!("Action=DescribeStacks&StackName={stack}"))
}

/// Calls moto's CloudFormation.
pub fn ask(moto: &Moto, query: &str) -> String {
    let authorization = "AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/cloudformation/aws4_request, \
                         SignedHeaders=host, Signature=0";
    let headers = [
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("Authorization", authorization),
    ];
    let url = format!("{}/", moto.endpoint);
    let query = format!("{query}&Version=2010-05-15");
    request("POST", &url, &headers, Some(query.as_bytes()))
        .unwrap()
        .body
}
