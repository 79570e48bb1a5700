//! `umb connection`. No emulator has connections, so the service's responses are replayed, in the shape of
//! <https://docs.aws.amazon.com/codeconnections/latest/APIReference/Welcome.html>: a connection is pending until it
//! was asked about three times, as if a person had finished it meanwhile.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::harness::{Reply, Request, Run, Sandbox, assert_documented, cloudformation, replay};

const ACCOUNT: &str = "111111111111";

/// A connection, and how often it was asked about.
struct Connection {
    name: String,
    provider: String,
    asked: u32,
}

impl Connection {
    fn arn(&self) -> String {
        format!(
            "arn:aws:codeconnections:eu-west-1:{ACCOUNT}:connection/{}",
            self.name
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
}

impl Service {
    fn answer(&mut self, request: &Request) -> Reply {
        let operation = request.operation();
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
                Reply::cbor(200, &json!({ "Connections": shown }))
            }
            "CreateConnection" => {
                let body = request.cbor();
                let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
                assert_eq!(body["Tags"][0]["Key"], "umb:app", "{body}");
                let made = Connection {
                    name: text("ConnectionName"),
                    provider: text("ProviderType"),
                    asked: 0,
                };
                let arn = made.arn();
                self.connections.push(made);
                Reply::cbor(200, &json!({ "ConnectionArn": arn }))
            }
            "GetConnection" => {
                let arn = request.cbor()["ConnectionArn"].clone();
                let found = self.connections.iter_mut().find(|there| arn == there.arn());
                match found {
                    Some(connection) => {
                        connection.asked += 1;
                        Reply::cbor(200, &json!({ "Connection": connection.show() }))
                    }
                    None => not_found(),
                }
            }
            "DeleteConnection" => {
                let arn = request.cbor()["ConnectionArn"].clone();
                self.connections.retain(|there| arn != there.arn());
                Reply::cbor(200, &json!({}))
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

fn not_found() -> Reply {
    let error = json!({
        "__type": "com.amazonaws.codeconnections#ResourceNotFoundException",
        "Message": "no such connection",
    });
    Reply::cbor(400, &error)
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
