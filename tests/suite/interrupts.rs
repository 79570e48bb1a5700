//! What Ctrl-C does to each verb, at a terminal: every row of umb's own table.

use std::fs;
use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use crate::function::with_cargo;
use crate::harness::cloudformation::identity;
use crate::harness::{Sandbox, free_port, replay};
use crate::terminal::{assert_ends, at_a_terminal};

#[path = "../../src/commands/interrupt_table.rs"]
mod interrupt_table;

use interrupt_table::{First, Second, TABLE};

/// The command line of a verb of the table.
fn arguments(verb: &str) -> Vec<String> {
    let more = match verb {
        "outputs" | "status" | "diagnose" | "drift" | "watch" | "cancel" | "rollback" => "dev",
        "users create" | "users get" => "jo --stage dev",
        "users update" => "jo --set a=b --stage dev",
        "users delete" => "jo --yes --stage dev",
        "users list" | "users export" => "--stage dev",
        "users import" => "users.jsonl --stage dev",
        "users import --from" | "users export --to" => "s3://bucket/prefix --stage prod",
        "users api" | "users curl" => "GET users --stage dev",
        "connection create" => "--provider GitHub",
        "bootstrap" | "pipeline smoke-test" | "pipeline rollback" => "prod",
        "destroy STAGE" => "--yes",
        _ => "",
    };
    let line = format!("{verb} {more}").replace("STAGE", "dev");
    line.split_whitespace().map(str::to_owned).collect()
}

/// A sandbox whose AWS only responds, if it `knows_callers`, to who is calling. Every other request is reported.
fn sandbox(knows_callers: bool) -> (Sandbox, Receiver<()>) {
    let (told, unanswered) = mpsc::channel();
    let endpoint = replay(move |request| {
        if knows_callers && request.is("GetCallerIdentity") {
            return identity();
        }
        told.send(()).unwrap();
        loop {
            thread::park();
        }
    });
    let sandbox = Sandbox::at(&endpoint);
    sandbox.settings(
        "[stages.prod]\nprotected = true\n[pipeline]\nconnection = \"c\"\naccount = \"111111111111\"\n\
         region = \"eu-west-1\"\nrepository = \"o/r\"\n",
    );
    fs::write(
        sandbox.work().join("users.jsonl"),
        "{\"username\":\"jo\"}\n",
    )
    .unwrap();
    (sandbox, unanswered)
}

fn walk(verb: &str, first: First, second: Second) {
    let (sandbox, unanswered) = sandbox(first == First::Ask);
    let arguments = arguments(verb);
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let mut session = at_a_terminal(&sandbox, &arguments);
    let called = unanswered.recv_timeout(Duration::from_mins(1));
    called.unwrap_or_else(|_| panic!("{verb} calls nothing"));
    session.send_control('c').unwrap();
    let hint = match first {
        First::Stop(hint) => hint,
        First::Ask => {
            // Looking what CloudFormation does has no answer either.
            session.exp_string("\r\n").unwrap();
            assert_eq!(second, Second::Stop, "{verb}");
            session.send_control('c').unwrap();
            "CloudFormation completes what it has started: `umb watch dev` follows it"
        }
        First::Drain => unreachable!("{verb}"),
    };
    session
        .exp_string("interrupted")
        .unwrap_or_else(|error| panic!("{verb}: {error}"));
    if !hint.is_empty() {
        session
            .exp_string(hint)
            .unwrap_or_else(|error| panic!("{verb}: {error}"));
    }
    assert_ends(&mut session, 130);
}

#[test]
fn every_verb_that_calls_aws_does_what_the_table_says() {
    for (verb, first, second) in TABLE {
        let is_elsewhere = ["build", "synth", "init", "doctor", "destroy all"].contains(&verb);
        let is_local = verb.contains("local") || is_elsewhere;
        if !is_local {
            walk(verb, first, second);
        }
    }
}

/// These look for everything there is, and so for AWS too.
#[test]
fn verbs_that_look_everywhere_stop_at_the_first_one() {
    for verb in ["doctor", "destroy all"] {
        let (_, first, second) = row(verb);
        walk(verb, first, second);
    }
}

/// A build that does not end, with whatever cargo has started for it.
#[test]
fn verbs_that_build_stop_at_the_first_one() {
    for verb in ["build", "synth"] {
        assert_eq!(row(verb).1, First::Stop(""));
        let sandbox = with_cargo(Sandbox::new());
        let source = sandbox.work().join("handler");
        fs::create_dir_all(source.join("src/bin")).unwrap();
        let script = "fn main() { std::fs::write(\"started\", \"\").unwrap(); loop { std::thread::park(); } }";
        let manifest = "[workspace]\n[package]\nname = \"own\"\nversion = \"1.0.0\"\n[profile.handler]\ninherits = \"dev\"\n";
        for (file, text) in [
            ("Cargo.toml", manifest),
            ("build.rs", script),
            ("src/bin/bootstrap.rs", "fn main() {}"),
        ] {
            fs::write(source.join(file), text).unwrap();
        }
        sandbox.settings("[function]\nsource = \"handler\"\n");
        let mut session = at_a_terminal(&sandbox, &[verb]);
        while !source.join("started").exists() {
            thread::yield_now();
        }
        session.send_control('c').unwrap();
        session.exp_string("interrupted").unwrap();
        assert_ends(&mut session, 130);
    }
}

fn row(verb: &str) -> (&'static str, First, Second) {
    *TABLE.iter().find(|(name, ..)| *name == verb).unwrap()
}

#[test]
fn verbs_that_ask_stop_at_the_first_one() {
    for (verb, question) in [
        ("init", "The pipeline's account"),
        ("destroy local", "[y/N]"),
    ] {
        assert!(matches!(row(verb), (_, First::Stop(""), Second::Nothing)));
        let sandbox = Sandbox::new();
        sandbox.umb(&["deploy", "local"]).ok();
        let arguments: Vec<_> = verb.split(' ').collect();
        let mut session = at_a_terminal(&sandbox, &arguments);
        session.exp_string(question).unwrap();
        session.send_control('c').unwrap();
        session.exp_string("interrupted").unwrap();
        assert_ends(&mut session, 130);
        let still = sandbox.umb(&["deploy", "local"]).ok().stdout;
        assert!(still.contains("(no changes)"), "{still}");
    }
}

/// A server that holds the stage's lock, and does not respond.
#[test]
fn starting_the_local_stage_stops_at_the_first_one() {
    assert!(matches!(
        row("deploy local"),
        (_, First::Stop(""), Second::Nothing)
    ));
    let sandbox = Sandbox::new();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    sandbox.umb(&["deploy", "local"]).ok();
    let record = sandbox
        .local_folder("UserManagementBackend")
        .join("server.json");
    let before = fs::read_to_string(&record).unwrap();
    let mut changed: serde_json::Value = serde_json::from_str(&before).unwrap();
    changed["port"] = silent.local_addr().unwrap().port().into();
    fs::write(&record, changed.to_string()).unwrap();
    let mut session = at_a_terminal(&sandbox, &["deploy", "local"]);
    let (_connection, _) = silent.accept().unwrap();
    session.send_control('c').unwrap();
    session.exp_string("interrupted").unwrap();
    assert_ends(&mut session, 130);
    fs::write(&record, before).unwrap();
}

/// A request that never gets whole is not waited for twice.
#[test]
fn the_foreground_server_drains_at_the_first_one_and_stops_at_the_second() {
    let (verb, first, second) = row("deploy local --foreground");
    assert_eq!((first, second), (First::Drain, Second::Stop));
    let sandbox = Sandbox::new();
    let port = free_port();
    let arguments = format!("{verb} --port {port}");
    let arguments: Vec<_> = arguments.split(' ').collect();
    let mut session = at_a_terminal(&sandbox, &arguments);
    session.exp_string("serving until Ctrl-C").unwrap();
    let mut connection = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    let head = "POST /users HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n";
    connection
        .write_all(format!("{head}Expect: 100-continue\r\n\r\n").as_bytes())
        .unwrap();
    // It is being handled once the server asks for the rest.
    let mut interim = [0; 12];
    std::io::Read::read_exact(&mut connection, &mut interim).unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100");
    session.send_control('c').unwrap();
    // The port closes, the request stays.
    while TcpStream::connect(format!("127.0.0.1:{port}")).is_ok() {
        thread::yield_now();
    }
    session.send_control('c').unwrap();
    session.exp_string("interrupted").unwrap();
    assert_ends(&mut session, 130);
}
