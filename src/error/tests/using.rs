//! Errors of the API, the local stage, imports and exports, and settings.

use std::io;

use serde_json::json;

use crate::{client, local, settings, stage, transfer};

use super::check::{check, denied, dev, refused_file};

#[test]
fn of_the_api() {
    use client::Error as E;
    let message = || "Forbidden".to_owned();
    let problem = json!({"type": "urn:umb:problem:conflict", "status": 409, "detail": "user john already exists"});
    check(
        "client",
        vec![
            E::Unreachable {
                url: "http://127.0.0.1:1/".to_owned(),
                source: "connection refused".into(),
            },
            E::Unsignable("the credentials have expired".into()),
            E::Forbidden { message: message() },
            E::NoSuchPath { message: message() },
            E::Busy {
                status: 429,
                message: "Too Many Requests".to_owned(),
            },
            E::FunctionFailed {
                status: 502,
                message: "Internal server error".to_owned(),
            },
            E::Refused {
                problem: serde_json::from_value(problem).expect("a problem"),
            },
            E::Status { status: 418 },
            E::unexpected(200, "<html>"),
        ],
    );
}

#[test]
fn of_the_local_stage() {
    use local::Error as E;
    let path = || "/home/jo/.local/state/umb/App/local".into();
    let file = || "/home/jo/.local/state/umb/App/local/users.sqlite3".into();
    check(
        "local",
        vec![
            E::PortTaken {
                port: 8080,
                source: io::Error::from(io::ErrorKind::AddrInUse),
            },
            E::StateFolder {
                path: path(),
                source: refused_file(),
            },
            E::Database {
                path: file(),
                source: "file is not a database".into(),
            },
            E::Engine {
                path: file(),
                is_busy: true,
                source: "database is locked".into(),
            },
            E::Engine {
                path: file(),
                is_busy: false,
                source: "disk I/O error".into(),
            },
            E::NotStarted {
                reason: "it does not respond".to_owned(),
                log: path(),
            },
            E::Running { pid: 4711 },
            E::NotStopped { pid: 4711 },
            E::Serve(io::Error::from(io::ErrorKind::ConnectionReset)),
        ],
    );
}

#[test]
fn of_imports_and_exports() {
    use transfer::Error as E;
    let unreachable = || client::Error::Busy {
        status: 503,
        message: "busy".to_owned(),
    };
    check(
        "transfer",
        vec![
            E::File(refused_file()),
            E::Read(io::Error::from(io::ErrorKind::UnexpectedEof)),
            E::Write(io::Error::from(io::ErrorKind::StorageFull)),
            E::Heading {
                reason: "there is no column `username`".to_owned(),
            },
            E::OtherCheckpoint {
                path: "users.jsonl.umb-import".into(),
                reason: "the file has changed",
            },
            E::Stopped(unreachable()),
            E::Api(unreachable()),
            E::Aws(denied()),
            E::Local(local::Error::Running { pid: 4711 }),
        ],
    );
    let table = || "UserManagementBackend-Dev-Stateful-Table".to_owned();
    check(
        "transfer_s3",
        vec![
            transfer::s3::Error::NoTable { stage: dev() },
            transfer::s3::Error::HasTable {
                stage: dev(),
                table: table(),
            },
            transfer::s3::Error::NotProtected { stage: dev() },
            transfer::s3::Error::PitrDisabled {
                table: table(),
                stage: dev(),
            },
            transfer::s3::Error::Failed {
                reason: "S3AccessDenied".to_owned(),
            },
            transfer::s3::Error::Aws(denied()),
            transfer::s3::Error::Stage(stage::Error::NoFunction { stage: dev() }),
        ],
    );
}

#[test]
fn of_settings() {
    use settings::Error as E;
    let path = || "umb.toml".into();
    let text = str::to_owned;
    check(
        "settings",
        vec![
            E::File(refused_file()),
            E::NoFile { path: path() },
            E::NoFolder(io::ErrorKind::NotFound.into()),
            E::Syntax {
                path: path(),
                line: 3,
                message: text("expected `=`"),
            },
            E::OtherVersion {
                path: path(),
                line: 1,
                wanted: text(">=0.2"),
                actual: "0.1.0",
            },
            E::UnknownKey {
                path: path(),
                line: 3,
                key: text("stages.dev.regoin"),
                nearest: Some(text("region")),
                known: vec![text("region")],
            },
            E::UnknownKey {
                path: path(),
                line: 3,
                key: text("stages.dev.x"),
                nearest: None,
                known: vec![text("account"), text("region")],
            },
            E::Invalid {
                path: path(),
                line: 3,
                key: text("stages.dev.throttling_rate"),
                value: Some(text("0")),
                rule: text("must be at least 1"),
            },
            E::InvalidVariable {
                name: "AWS_REGION",
                value: text("x"),
                rule: text("must be a region"),
            },
            E::NoSettings,
            E::Missing {
                key: "pipeline.connection",
            },
            E::Missing {
                key: "pipeline.account",
            },
            E::NoSuchStage {
                name: text("qa"),
                known: vec![text("dev"), text("prod"), text("local")],
            },
            E::NoHome,
        ],
    );
}
