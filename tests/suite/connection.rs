//! `umb connection`. No emulator has connections, so the service's responses are replayed, in the shape of
//! <https://docs.aws.amazon.com/codeconnections/latest/APIReference/Welcome.html>: a connection is pending until it
//! was asked about three times, as if a person had finished it meanwhile.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::harness::{Reply, Request, Run, Sandbox, assert_documented, cloudformation, replay};

const ACCOUNT: &str = "111111111111";

/// The service's former name, in requests of its protocol.
const FORMER: &str = "CodeStar_connections";

/// A connection, and how often it was asked about.
struct Connection {
    /// The name that the service had when it was created.
    service: &'static str,
    name: String,
    provider: String,
    asked: u32,
}

impl Connection {
    fn arn(&self) -> String {
        format!(
            "arn:aws:{}:eu-west-1:{ACCOUNT}:connection/{}",
            self.service, self.name
        )
    }

    fn show(&self) -> Value {
        json!({
            "ConnectionName": self.name,
            "ConnectionArn": self.arn(),
            "ProviderType": self.provider,
            "OwnerAccountId": ACCOUNT,
            "ConnectionStatus": if self.asked < 3 { "PENDING" } else { "AVAILABLE" },
        })
    }
}

#[derive(Default)]
struct Service {
    connections: Vec<Connection>,
    /// The ARN that the only pipeline uses.
    used: Option<String>,
    operations: Vec<String>,
    /// Which name of the service a policy leaves out: whether it is the former one.
    denied: Option<bool>,
}

impl Service {
    fn answer(&mut self, request: &Request) -> Reply {
        let operation = request.operation();
        let is_former = request.target.contains(FORMER);
        if operation.contains("Connection") && self.denied == Some(is_former) {
            let error = json!({"__type": "AccessDeniedException", "message": "not allowed"});
            return reply(request, 400, &error);
        }
        self.operations.push(operation.clone());
        match operation.as_str() {
            "GetCallerIdentity" => cloudformation::identity().into(),
            "ListPipelines" => {
                let pipelines = json!([{"name": "UserManagementBackend-Pipeline"}]);
                let none = json!([]);
                let found = if self.used.is_some() { pipelines } else { none };
                Reply::json(200, &json!({ "pipelines": found }))
            }
            "GetPipeline" => Reply::json(200, &self.pipeline()),
            "ListConnections" => {
                let shown: Vec<_> = self.connections.iter().map(Connection::show).collect();
                reply(request, 200, &json!({ "Connections": shown }))
            }
            "CreateConnection" => {
                let body = arguments(request);
                let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
                assert_eq!(body["Tags"][0]["Key"], "umb:app", "{body}");
                let made = Connection {
                    service: if is_former {
                        "codestar-connections"
                    } else {
                        "codeconnections"
                    },
                    name: text("ConnectionName"),
                    provider: text("ProviderType"),
                    asked: 0,
                };
                let arn = made.arn();
                self.connections.push(made);
                reply(request, 200, &json!({ "ConnectionArn": arn }))
            }
            "GetConnection" => {
                let arn = arguments(request)["ConnectionArn"].clone();
                let found = self.connections.iter_mut().find(|there| arn == there.arn());
                match found {
                    Some(connection) => {
                        connection.asked += 1;
                        reply(request, 200, &json!({ "Connection": connection.show() }))
                    }
                    None => not_found(request),
                }
            }
            "DeleteConnection" => {
                let arn = arguments(request)["ConnectionArn"].clone();
                self.connections.retain(|there| arn != there.arn());
                reply(request, 200, &json!({}))
            }
            other => panic!("{other} is not to be called"),
        }
    }

    fn pipeline(&self) -> Value {
        let source = json!({
            "name": "Source",
            "actionTypeId": {
                "category": "Source",
                "owner": "AWS",
                "provider": "CodeStarSourceConnection",
                "version": "1",
            },
            "configuration": {"ConnectionArn": self.used},
        });
        json!({"pipeline": {
            "name": "UserManagementBackend-Pipeline",
            "roleArn": format!("arn:aws:iam::{ACCOUNT}:role/pipeline"),
            "stages": [{"name": "Source", "actions": [source]}],
        }})
    }
}

/// The arguments of a request: of JSON under the service's former name, of CBOR under its name.
fn arguments(request: &Request) -> Value {
    if request.target.contains(FORMER) {
        serde_json::from_str(&request.body).unwrap()
    } else {
        request.cbor()
    }
}

fn reply(request: &Request, status: u16, body: &Value) -> Reply {
    if request.target.contains(FORMER) {
        Reply::json(status, body)
    } else {
        Reply::cbor(status, body)
    }
}

fn not_found(request: &Request) -> Reply {
    let error = json!({"__type": "ResourceNotFoundException", "Message": "no such connection"});
    reply(request, 400, &error)
}

fn served() -> (Arc<Mutex<Service>>, Sandbox) {
    let service = Arc::new(Mutex::new(Service::default()));
    let shared = Arc::clone(&service);
    let endpoint = replay(move |request| shared.lock().unwrap().answer(request));
    let sandbox = Sandbox::at(&endpoint);
    (service, sandbox)
}

fn connection(sandbox: &Sandbox, args: &[&str]) -> Run {
    sandbox.umb(&[&["connection"], args].concat())
}

#[test]
fn a_connection_is_made_explained_and_waited_for() {
    let (service, sandbox) = served();
    let run = connection(
        &sandbox,
        &["create", "--provider", "github", "--name", "hub"],
    )
    .ok();
    let arn = format!("arn:aws:codeconnections:eu-west-1:{ACCOUNT}:connection/hub");
    assert_eq!(run.stdout, format!("{arn}\n"));
    for text in [
        "hub is pending until a person authorizes it at GitHub",
        "https://eu-west-1.console.aws.amazon.com/codesuite/settings/connections?region=eu-west-1",
        "add `connection = \"hub\"` to [pipeline] in umb.toml",
    ] {
        assert!(run.stderr.contains(text), "{text}: {run:#?}");
    }
    // The second time, nothing is created.
    let again = connection(
        &sandbox,
        &["create", "--provider", "GitHub", "--name", "hub"],
    )
    .ok();
    assert_eq!(again.stdout, run.stdout);
    let other = connection(
        &sandbox,
        &["create", "--provider", "GitLab", "--name", "hub"],
    )
    .fails(1);
    assert!(
        other
            .stderr
            .contains("the connection hub is to GitHub, not to GitLab"),
        "{other:#?}"
    );
    let operations = &service.lock().unwrap().operations;
    let made = operations.iter().filter(|name| *name == "CreateConnection");
    assert_eq!(made.count(), 1, "{operations:?}");
}

#[test]
fn status_and_list_say_how_connections_stand() {
    let (_, sandbox) = served();
    let none = connection(&sandbox, &["status"]).fails(1);
    assert!(
        none.stderr
            .contains("there is no connection UserManagementBackend (account 111111111111")
            && none.stderr.contains(
                "`umb connection create --provider GitHub --name UserManagementBackend` creates one"
            ),
        "{none:#?}"
    );
    connection(
        &sandbox,
        &["create", "--provider", "bitbucket", "--no-wait"],
    )
    .ok();
    let status = connection(&sandbox, &["status"]).ok();
    assert!(
        status.stdout.contains("pending") && status.stderr.contains("Update pending connection"),
        "{status:#?}"
    );
    let status = connection(&sandbox, &["status", "--wait", "--json"]).ok();
    let status: Value = serde_json::from_str(&status.stdout).unwrap();
    assert_documented("connection", &status.to_string());
    assert_eq!(
        [&status["provider"], &status["status"]],
        ["Bitbucket", "available"]
    );
    sandbox.settings("[pipeline]\nconnection = \"nobody\"");
    connection(&sandbox, &["status"]).fails(1);
    let list = connection(&sandbox, &["list"]).ok();
    assert!(list.stdout.contains("UserManagementBackend "), "{list:#?}");
    assert_eq!(list.stdout.lines().count(), 1);
    let list = connection(&sandbox, &["list", "--json"]).ok();
    let list: Value = serde_json::from_str(&list.stdout).unwrap();
    assert_documented("connections", &list.to_string());
    assert_eq!(list, json!([status]));
}

#[test]
fn a_connection_that_a_pipeline_uses_is_not_deleted() {
    let (service, sandbox) = served();
    let made = connection(&sandbox, &["create", "--provider", "GitHub", "--no-wait"]).ok();
    let arn = made.stdout.trim().to_owned();
    service.lock().unwrap().used = Some(arn.clone());
    let run = connection(&sandbox, &["delete", "--yes"]).fails(1);
    assert!(
        run.stderr
            .contains("is in use: UserManagementBackend-Pipeline\nhint: delete that pipeline"),
        "{run:#?}"
    );
    service.lock().unwrap().used = None;
    connection(&sandbox, &["delete"]).fails(3);
    connection(&sandbox, &["delete", &arn, "--yes"]).ok();
    assert!(service.lock().unwrap().connections.is_empty());
    connection(&sandbox, &["delete", &arn, "--yes"]).fails(1);
}

#[test]
fn a_host_is_named_where_the_provider_has_one() {
    let (_, sandbox) = served();
    let enterprise = ["create", "--provider", "GitHubEnterpriseServer"];
    let run = connection(&sandbox, &enterprise).fails(2);
    assert!(
        run.stderr.contains("GitHubEnterpriseServer needs --host"),
        "{run:#?}"
    );
    let run = connection(
        &sandbox,
        &["create", "--provider", "GitHub", "--host", "arn:x"],
    )
    .fails(2);
    assert!(run.stderr.contains("--host is not for GitHub"), "{run:#?}");
}

#[test]
fn a_policy_that_knows_one_name_of_the_service_is_enough() {
    for denied in [true, false] {
        let (service, sandbox) = served();
        service.lock().unwrap().denied = Some(denied);
        let made = connection(&sandbox, &["create", "--provider", "GitHub"]).ok();
        let name = if denied {
            "codeconnections"
        } else {
            "codestar-connections"
        };
        assert!(
            made.stdout.starts_with(&format!("arn:aws:{name}:")),
            "{made:#?}"
        );
        let list = connection(&sandbox, &["list"]).ok();
        assert_eq!(list.stdout.lines().count(), 1, "{list:#?}");
        // A connection of the other name is found by its ARN all the same.
        let mut service = service.lock().unwrap();
        service.denied = Some(!denied);
        drop(service);
        connection(&sandbox, &["status", made.stdout.trim()]).ok();
        connection(&sandbox, &["delete", "--yes"]).ok();
    }
}

#[test]
fn a_policy_that_knows_neither_name_is_told_of_the_first() {
    let endpoint = replay(|request| match request.operation().as_str() {
        "GetCallerIdentity" => Reply::from(cloudformation::identity()),
        _ => reply(
            request,
            400,
            &json!({"__type": "AccessDeniedException", "message": "not allowed"}),
        ),
    });
    let sandbox = Sandbox::at(&endpoint);
    let run = connection(&sandbox, &["list"]).fails(1);
    assert!(
        run.stderr.contains(
            "error: CodeConnections ListConnections: not allowed (AccessDeniedException)"
        ),
        "{run:#?}"
    );
}
