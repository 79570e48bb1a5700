//! An emulator that behaves as AWS does: what is busy, late, stale, limited or refused there.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::{Proxy, Reply, Request};

/// One of so many calls of each operation is throttled.
const THROTTLED: usize = 7;
/// How many executions the function has reserved: whatever comes beside them is rejected, not queued.
const RESERVED: usize = 2;
/// How often something is still busy.
const BUSY: usize = 2;
/// How many requests do not find a new deployment yet.
const LATE: usize = 3;
/// The largest answer of a function, in bytes:
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>.
const LARGEST_ANSWER: usize = 6_291_556;
/// The largest request that API Gateway takes, in bytes:
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html>.
const LARGEST_REQUEST: usize = 10_485_760;

/// How often each behaviour was met.
pub type Met = Arc<Mutex<BTreeMap<&'static str, usize>>>;

#[derive(Default)]
struct Aws {
    met: Met,
    calls: BTreeMap<String, usize>,
    /// How often something will still be refused.
    busy: BTreeMap<String, usize>,
    /// The last answer about each stack, and those that are read once more although they are old.
    stacks: BTreeMap<String, Vec<u8>>,
    stale: BTreeMap<String, Vec<u8>>,
    executions: usize,
    /// Whether a template has values that AWS reads back otherwise.
    drifts: bool,
}

/// A proxy before the emulator at `endpoint`, and what was met behind it.
pub fn as_aws(endpoint: &str) -> (Proxy, Met) {
    let state = Arc::new(Mutex::new(Aws::default()));
    let met = Arc::clone(&state.lock().unwrap().met);
    let edited = Arc::clone(&state);
    let proxy = Proxy::over(endpoint, move |request| {
        state.lock().unwrap().before(request)
    });
    proxy.edit(move |request, answer| edited.lock().unwrap().after(request, answer));
    (proxy, met)
}

impl Aws {
    fn meet(&mut self, behaviour: &'static str) {
        *self.met.lock().unwrap().entry(behaviour).or_default() += 1;
    }

    /// Whether something is busy; each time that it is asked, it is less so.
    fn is_busy(&mut self, what: &str) -> bool {
        let left = self.busy.get_mut(what);
        left.is_some_and(|left| {
            let was = *left;
            *left = was.saturating_sub(1);
            was > 0
        })
    }

    fn occupy(&mut self, what: String, times: usize) {
        self.busy.insert(what, times);
    }

    /// Counts a call of this kind; whether it is one of `every`.
    fn is_turn(&mut self, kind: &str, every: usize) -> bool {
        let count = self.calls.entry(kind.to_owned()).or_default();
        *count += 1;
        count.is_multiple_of(every)
    }

    fn before(&mut self, request: &Request) -> Option<Reply> {
        if request.path.contains("/_user_request_/") {
            return self.gateway(request);
        }
        self.note_templates(request);
        let reply = match request.target.split('.').next() {
            Some("DynamoDB_20120810") => self.table(request),
            _ if request.path.ends_with("/code") => self.function(),
            _ if request.body.starts_with("Action=") => self.stack(request),
            _ => self.bucket(request),
        };
        reply.or_else(|| self.throttle(request))
    }

    /// Throttling may hit any call.
    fn throttle(&mut self, request: &Request) -> Option<Reply> {
        let is_query = request.body.starts_with("Action=");
        let is_json = !request.target.is_empty();
        if !(is_query || is_json) || !self.is_turn(&request.operation(), THROTTLED) {
            return None;
        }
        self.meet("throttled");
        Some(if is_query {
            Reply::query_error("Throttling", "Rate exceeded")
        } else {
            refusal(400, "ThrottlingException")
        })
    }

    /// A table that is being changed takes no other change, and a new one has no backups yet.
    fn table(&mut self, request: &Request) -> Option<Reply> {
        let operation = request.operation();
        let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
        let named = body["TableName"].as_str().or(body["ResourceArn"].as_str());
        let name = named.unwrap_or_default().rsplit('/').next().unwrap();
        let (updating, new) = (format!("table {name}"), format!("new table {name}"));
        match operation.as_str() {
            "UpdateContinuousBackups" if self.is_busy(&new) => {
                self.meet("a new table without backups");
                return Some(refusal(400, "ContinuousBackupsUnavailableException"));
            }
            "DeleteTable" | "TagResource" | "UpdateContinuousBackups" | "UpdateTable"
                if self.is_busy(&updating) =>
            {
                self.meet("a table that is updating");
                return Some(refusal(400, "ResourceInUseException"));
            }
            "UpdateContinuousBackups" | "UpdateTable" => self.occupy(updating, BUSY),
            "ImportTable" => {
                let created = body["TableCreationParameters"]["TableName"].as_str();
                self.occupy(format!("new table {}", created.unwrap_or_default()), BUSY);
            }
            _ => {}
        }
        None
    }

    fn function(&mut self) -> Option<Reply> {
        if !self.busy.contains_key("function") {
            self.occupy("function".to_owned(), BUSY);
        }
        self.is_busy("function").then(|| {
            self.meet("a function that is updating");
            refusal(409, "ResourceConflictException")
        })
    }

    /// A bucket is not settled right after it was created, and its name is not free right after it was deleted.
    fn bucket(&mut self, request: &Request) -> Option<Reply> {
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let name = path.trim_matches('/');
        if name.is_empty() || name.contains('/') {
            return None;
        }
        let (new, gone) = (format!("new bucket {name}"), format!("gone bucket {name}"));
        let is_setting = request.method == "PUT" && !query.is_empty() && !query.starts_with("x-id");
        let is_creation = request.method == "PUT" && !is_setting;
        if (is_setting && self.is_busy(&new)) || (is_creation && self.is_busy(&gone)) {
            self.meet("a bucket with another operation");
            let error = "<Error><Code>OperationAborted</Code><Message>busy</Message></Error>";
            return Some(Reply::from((409, error.to_owned())));
        }
        if is_creation {
            self.occupy(new, BUSY);
        } else if request.method == "DELETE" {
            self.occupy(gone, BUSY);
        }
        None
    }

    /// Reads right after a write may be old ones; drift is what AWS reads back otherwise.
    fn stack(&mut self, request: &Request) -> Option<Reply> {
        if request.is("ExecuteChangeSet") {
            self.stale = self.stacks.clone();
            self.occupy("stacks".to_owned(), 1);
            self.occupy("deployment".to_owned(), LATE);
        }
        if request.is("CreateChangeSet") && self.is_new_role(request) {
            self.meet("a role that is not known everywhere yet");
            let message = "Role arn:aws:iam::111111111111:role/new is invalid or cannot be assumed";
            return Some(Reply::query_error("ValidationError", message));
        }
        if request.is("DescribeStackResourceDrifts") && self.drifts {
            let drift = "<member><LogicalResourceId>RestAPI</LogicalResourceId><ResourceType>AWS::ApiGateway::RestApi\
                         </ResourceType><StackResourceDriftStatus>MODIFIED</StackResourceDriftStatus></member>";
            let text = format!(
                "<DescribeStackResourceDriftsResponse><DescribeStackResourceDriftsResult><StackResourceDrifts>{drift}\
                 </StackResourceDrifts></DescribeStackResourceDriftsResult></DescribeStackResourceDriftsResponse>"
            );
            return Some(Reply::from((200, text)));
        }
        if !request.is("DescribeStacks") {
            return None;
        }
        if !self.is_busy("stacks") {
            self.stale.clear();
        }
        let old = self.stale.remove(&request.body)?;
        self.meet("an old read of a stack");
        Some(Reply::whole(old))
    }

    /// Whether a stack is to be made by a role that IAM does not know everywhere yet:
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency>.
    fn is_new_role(&mut self, request: &Request) -> bool {
        let named = request.body.split("RoleARN=").nth(1);
        let Some(role) = named.and_then(|rest| rest.split('&').next()) else {
            return false;
        };
        let role = format!("role {role}");
        if !self.busy.contains_key(&role) {
            self.occupy(role.clone(), BUSY);
        }
        self.is_busy(&role)
    }

    fn note_templates(&mut self, request: &Request) {
        let text = percent_decode_str(&request.body).decode_utf8_lossy();
        self.drifts |=
            text.contains("\"execute-api:/") || text.contains("\"DestinationArn\":{\"Fn::GetAtt\"");
    }

    fn gateway(&mut self, request: &Request) -> Option<Reply> {
        if request.body.len() > LARGEST_REQUEST {
            self.meet("a request that is too large");
            let message = json!({"message": "Request Too Long"});
            return Some(Reply::json(413, &message));
        }
        if self.is_busy("deployment") {
            self.meet("an API that is not there yet");
            let message = json!({"message": "Missing Authentication Token"});
            return Some(Reply::json(403, &message));
        }
        if self.executions >= RESERVED {
            self.meet("a function without an execution left");
            let problem = json!({
                "type": "urn:umb:problem:busy",
                "title": "Busy",
                "status": 504,
                "detail": "Internal server error",
            });
            return Some(Reply::problem(504, &problem));
        }
        self.executions += 1;
        None
    }

    fn after(&mut self, request: &Request, answer: Vec<u8>) -> Vec<u8> {
        if request.is("DescribeStacks") {
            self.stacks.insert(request.body.clone(), answer.clone());
        }
        if !request.path.contains("/_user_request_/") {
            return answer;
        }
        self.executions -= 1;
        if answer.len() > LARGEST_ANSWER {
            self.meet("an answer that is too large");
            let body = "{\"message\":\"Internal server error\"}";
            return format!(
                "HTTP/1.1 502 Bad Gateway\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
            .into_bytes();
        }
        self.meet("a remapped header");
        let end = answer
            .windows(2)
            .position(|pair| pair == b"\r\n")
            .unwrap_or(0)
            + 2;
        let (first, rest) = answer.split_at(end);
        [first, b"x-amzn-Remapped-content-length: 0\r\n", rest].concat()
    }
}

fn refusal(status: u16, code: &str) -> Reply {
    Reply::json(status, &json!({"__type": code, "message": "busy"}))
}
