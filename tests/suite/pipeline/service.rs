//! CodePipeline as a test plays it: no emulator's executions advance through actions that fail, wait or are
//! superseded. Its responses are of the shape in
//! <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_Operations.html>.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::harness::{Reply, Request, Run, Sandbox, cloudformation, replay};

/// An execution at one moment: its status, and its actions.
pub type Frame = (&'static str, Vec<Value>);

/// CodePipeline as one test plays it.
#[derive(Default)]
pub struct Service {
    /// The executions, newest first: ID, status, and the target of a rollback.
    pub executions: Vec<(&'static str, &'static str, Option<&'static str>)>,
    /// What each execution shows at one look after the other; the last frame stays.
    pub frames: Vec<(&'static str, Vec<Frame>)>,
    /// Its stages, as GetPipelineState has them.
    pub stages: Value,
    /// The executions that succeeded in a stage, the newest first.
    pub succeeded: Vec<&'static str>,
    /// The rules of conditions, as ListRuleExecutions has them.
    pub rules: Vec<Value>,
    /// What a build said.
    pub log: Vec<&'static str>,
    /// The artifact of the pipeline's Plan.
    pub artifact: Vec<u8>,
    /// What was asked for that changes something, with its arguments.
    pub asked: Vec<(String, Value)>,
}

impl Service {
    fn answer(&mut self, request: &Request) -> Reply {
        if let Some(object) = self.object(request) {
            return object;
        }
        let operation = request.operation();
        let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
        match operation.as_str() {
            "GetCallerIdentity" => cloudformation::identity().into(),
            "GetPipelineState" if self.stages.is_null() => {
                let error =
                    json!({"__type": "PipelineNotFoundException", "message": "no pipeline"});
                Reply::json(400, &error)
            }
            "GetPipelineState" => Reply::json(200, &json!({"stageStates": self.stages})),
            "ListPipelineExecutions" => {
                let found = self.summaries(&body);
                Reply::json(200, &json!({"pipelineExecutionSummaries": found}))
            }
            "GetPipelineExecution" => self.execution(&body),
            "ListActionExecutions" => {
                let id = body["filter"].clone();
                if self.frame(&id).is_none() {
                    let missing = json!({"__type": "PipelineExecutionNotFoundException"});
                    return Reply::json(400, &missing);
                }
                let actions = self
                    .frame(&id)
                    .map_or_else(Vec::new, |(_, actions)| actions.clone());
                self.turn(&id);
                Reply::json(200, &json!({"actionExecutionDetails": actions}))
            }
            "ListRuleExecutions" => Reply::json(200, &json!({"ruleExecutionDetails": self.rules})),
            "GetLogEvents" => {
                let seen = body["nextToken"] == "end";
                let lines: &[_] = if seen { &[] } else { &self.log };
                let events: Vec<_> = lines.iter().map(|line| json!({"message": line})).collect();
                Reply::json(200, &json!({"events": events, "nextForwardToken": "end"}))
            }
            "DescribeStacks" => cloudformation::stack("UPDATE_ROLLBACK_COMPLETE").into(),
            "DescribeStackEvents" | "DescribeEvents" => cloudformation::events(&[
                ("App-Dev-Stateful", "UPDATE_ROLLBACK_COMPLETE", ""),
                ("Table", "UPDATE_FAILED", "Subscriber limit exceeded"),
                ("App-Dev-Stateful", "UPDATE_IN_PROGRESS", "User Initiated"),
            ])
            .into(),
            "StartPipelineExecution"
            | "RetryStageExecution"
            | "RollbackStage"
            | "StopPipelineExecution"
            | "PutApprovalResult" => {
                let mut arguments = body;
                if let Some(arguments) = arguments.as_object_mut() {
                    arguments.remove("clientRequestToken");
                }
                self.asked.push((operation, arguments));
                Reply::json(200, &json!({"pipelineExecutionId": "new"}))
            }
            other => panic!("{other} is not to be called"),
        }
    }

    /// S3, which has the artifact, and takes what people allow.
    fn object(&mut self, request: &Request) -> Option<Reply> {
        if request.path.starts_with("/artifacts/") {
            return Some(Reply::bytes(&self.artifact));
        }
        let (_, key) = request.path.split_once("/approvals/")?;
        let key = key.split('?').next();
        self.asked.push((request.method.clone(), key.into()));
        Some(Reply::bytes(b""))
    }

    fn summaries(&self, body: &Value) -> Vec<Value> {
        let filter = &body["filter"]["succeededInStage"]["stageName"];
        let count = body["maxResults"].as_u64().unwrap_or(100);
        if filter.is_null() {
            let all = self.executions.iter().take(usize::try_from(count).unwrap());
            all.map(|(id, status, back)| summary(id, status, *back))
                .collect()
        } else {
            let all = self.succeeded.iter();
            all.map(|id| {
                let mut known = self.executions.iter();
                let back = known
                    .find(|(known, ..)| known == id)
                    .and_then(|(.., back)| *back);
                summary(id, "Succeeded", back)
            })
            .collect()
        }
    }

    fn execution(&self, body: &Value) -> Reply {
        let Some((status, actions)) = self.frame(body) else {
            let missing = json!({"__type": "PipelineExecutionNotFoundException"});
            return Reply::json(400, &missing);
        };
        let mut answer = execution(body, status, actions);
        let mut known = self.executions.iter();
        let known = known.find(|(id, ..)| body["pipelineExecutionId"] == *id);
        if let Some((_, _, Some(back))) = known {
            answer["pipelineExecution"]["rollbackMetadata"] =
                json!({"rollbackTargetPipelineExecutionId": back});
        }
        Reply::json(200, &answer)
    }

    fn frame(&self, body: &Value) -> Option<&Frame> {
        let frames = self
            .frames
            .iter()
            .find(|(id, _)| body["pipelineExecutionId"] == *id);
        frames.and_then(|(_, frames)| frames.first())
    }

    fn turn(&mut self, body: &Value) {
        for (id, frames) in &mut self.frames {
            if body["pipelineExecutionId"] == *id && frames.len() > 1 {
                frames.remove(0);
            }
        }
    }
}

fn summary(id: &str, status: &str, back: Option<&str>) -> Value {
    let message =
        json!({"ProviderType": "GitHub", "CommitMessage": "Mend the door\n\nIt squeaked."});
    let mut summary = json!({
        "pipelineExecutionId": id, "status": status, "startTime": 1_700_000_000.0,
        "trigger": {"triggerType": "WebhookV2"},
        "sourceRevisions": [{
            "actionName": "Source", "revisionId": "0123456789abcdef", "revisionSummary": message.to_string(),
        }],
    });
    if let Some(back) = back {
        summary["rollbackMetadata"] = json!({"rollbackTargetPipelineExecutionId": back});
    }
    summary
}

fn execution(body: &Value, status: &str, actions: &[Value]) -> Value {
    let revision = json!([{"name": "Source", "revisionId": "0123456789abcdef", "revisionSummary": "Mend the door"}]);
    let none = json!([]);
    json!({"pipelineExecution": {
        "pipelineName": body["pipelineName"], "pipelineExecutionId": body["pipelineExecutionId"],
        "status": status, "artifactRevisions": if actions.is_empty() { none } else { revision },
    }})
}

/// An action's details.
pub fn action(stage: &str, name: &str, provider: &str, status: &str) -> Value {
    json!({
        "pipelineExecutionId": "one", "actionExecutionId": format!("{stage}-{name}"),
        "stageName": stage, "actionName": name, "status": status,
        "startTime": 1_700_000_000.0, "lastUpdateTime": 1_700_000_083.0,
        "input": {"actionTypeId": {"category": "Build", "owner": "AWS", "provider": provider, "version": "1"}},
    })
}

pub fn with(mut action: Value, pointer: &[&str], value: &Value) -> Value {
    let mut place = &mut action;
    for key in pointer {
        place = &mut place[*key];
    }
    place.clone_from(value);
    action
}

pub fn source() -> Value {
    let variables = json!({
        "CommitId": "0123456789abcdef", "CommitMessage": "Mend the door", "AuthorDisplayName": "Jane",
    });
    with(
        action("Source", "Source", "CodeStarSourceConnection", "Succeeded"),
        &["output"],
        &json!({ "outputVariables": variables }),
    )
}

pub fn failed_build() -> Value {
    let result = json!({"executionResult": {
        "externalExecutionId": "App-Pipeline-Build:1234",
        "errorDetails": {"code": "JobFailed", "message": "Build terminated with state: FAILED"},
    }});
    with(
        action("Build", "Build", "CodeBuild", "Failed"),
        &["output"],
        &result,
    )
}

pub fn stage(name: &str, status: &str, actions: &[Value]) -> Value {
    json!({
        "stageName": name,
        "inboundTransitionState": {"enabled": true},
        "latestExecution": {"pipelineExecutionId": "one", "status": status},
        "actionStates": actions,
    })
}

pub fn waiting(name: &str) -> Value {
    stage(
        name,
        "InProgress",
        &[json!({
            "actionName": "Approve",
            "latestExecution": {"status": "InProgress", "token": format!("token of {name}")},
        })],
    )
}

pub fn served(service: Service) -> (Arc<Mutex<Service>>, Sandbox) {
    let service = Arc::new(Mutex::new(service));
    let shared = Arc::clone(&service);
    let endpoint = replay(move |request| shared.lock().unwrap().answer(request));
    let sandbox = Sandbox::at(&endpoint);
    sandbox.whole_settings("app = \"App\"");
    (service, sandbox)
}

pub fn pipeline(sandbox: &Sandbox, args: &[&str]) -> Run {
    sandbox.umb(&[&["pipeline"], args].concat())
}

pub fn asked(service: &Mutex<Service>) -> Vec<(String, Value)> {
    std::mem::take(&mut service.lock().unwrap().asked)
}
