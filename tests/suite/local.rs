//! `umb deploy local` and `umb destroy local`.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::thread;

use crate::harness::{Sandbox, free_port, request, signal};

const APP: &str = "UserManagementBackend";

fn stdout(sandbox: &Sandbox, args: &[&str]) -> String {
    sandbox.umb(args).ok().stdout
}

fn url(sandbox: &Sandbox) -> String {
    stdout(sandbox, &["outputs", "local", "EndpointURL"])
        .trim()
        .to_owned()
}

#[test]
fn the_main_job_without_aws() {
    let sandbox = Sandbox::new();
    let deployed = stdout(&sandbox, &["deploy", "local"]);
    assert!(
        deployed.starts_with(" ✅  UserManagementBackend-Local\n\n"),
        "{deployed}"
    );
    // Without a stage: the only one that is deployed.
    stdout(
        &sandbox,
        &[
            "users",
            "create",
            "--username",
            "john",
            "--email",
            "john@example.com",
        ],
    );
    stdout(
        &sandbox,
        &[
            "users",
            "update",
            "john",
            "--set",
            "country=US",
            "--set",
            "state=WA",
        ],
    );
    assert_eq!(
        stdout(&sandbox, &["users", "get", "john"]),
        "{\n  \"country\": \"US\",\n  \"email\": \"john@example.com\",\n  \"state\": \"WA\",\n  \"username\": \"john\"\n}\n"
    );
    assert_eq!(
        stdout(&sandbox, &["users", "list"]),
        "{\"country\":\"US\",\"email\":\"john@example.com\",\"state\":\"WA\",\"username\":\"john\"}\n"
    );
    assert_eq!(
        stdout(&sandbox, &["users", "delete", "john", "--yes"]),
        "User john was deleted\n"
    );
    assert!(
        stdout(&sandbox, &["outputs"]).contains("UserManagementBackend-Local.EndpointURL = http")
    );
    stdout(&sandbox, &["destroy", "local", "--yes"]);
    assert!(!sandbox.local_folder(APP).exists());
}

#[test]
fn a_second_deploy_finds_the_running_server() {
    let sandbox = Sandbox::new();
    stdout(&sandbox, &["deploy", "local"]);
    let (first, first_url) = (sandbox.local_server(APP), url(&sandbox));
    let again = stdout(&sandbox, &["deploy", "local"]);
    assert!(again.contains("(no changes)"), "{again}");
    assert_eq!(
        (sandbox.local_server(APP), url(&sandbox)),
        (first, first_url)
    );
}

#[test]
fn another_binary_restarts_the_server_at_the_same_address() {
    let sandbox = Sandbox::new();
    stdout(&sandbox, &["deploy", "local"]);
    let (first, first_url) = (sandbox.local_server(APP), url(&sandbox));
    let copy = sandbox.work().join("umb-copy");
    fs::copy(env!("CARGO_BIN_EXE_umb"), &copy).unwrap();
    let mut command = Command::new(copy);
    for name in ["HOME", "XDG_STATE_HOME"] {
        command.env(name, sandbox.variable(name));
    }
    let run = command.args(["deploy", "local"]).output().unwrap();
    assert!(
        String::from_utf8_lossy(&run.stdout).contains("(restarted)"),
        "{run:?}"
    );
    assert_ne!(sandbox.local_server(APP), first);
    assert_eq!(url(&sandbox), first_url);
}

#[test]
fn users_survive_a_crash_and_a_restart() {
    let sandbox = Sandbox::new();
    stdout(&sandbox, &["deploy", "local"]);
    stdout(&sandbox, &["users", "create", "--username", "john"]);
    let server = sandbox.local_server(APP);
    signal(&server, "KILL");
    while fs::read_link(format!("/proc/{server}/exe")).is_ok() {
        std::thread::yield_now();
    }

    // The record is stale now: it names a process that is gone.
    let run = sandbox.umb(&["users", "get", "john"]).fails(1);
    assert!(
        run.stderr
            .contains("the stage local is not running\nhint: run `umb deploy local`"),
        "{run:?}"
    );
    stdout(&sandbox, &["deploy", "local"]);
    assert!(stdout(&sandbox, &["users", "get", "john"]).contains("john"));
}

#[test]
fn a_record_that_is_no_record_is_ignored() {
    let sandbox = Sandbox::new();
    let folder = sandbox.local_folder(APP);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("server.json"), "not json").unwrap();
    stdout(&sandbox, &["deploy", "local"]);
    stdout(&sandbox, &["users", "list"]);
}

#[test]
fn of_two_deploys_at_once_both_end_at_one_server() {
    let sandbox = Sandbox::new();
    let outputs: Vec<String> = thread::scope(|scope| {
        let runs: Vec<_> = (0..2)
            .map(|_| scope.spawn(|| stdout(&sandbox, &["deploy", "local"])))
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    let url = url(&sandbox);
    for output in outputs {
        assert!(output.contains(&url), "{output}");
    }
}

#[test]
fn two_apps_do_not_collide() {
    let sandbox = Sandbox::new();
    sandbox.whole_settings("app = \"One\"");
    stdout(&sandbox, &["deploy", "local"]);
    stdout(&sandbox, &["users", "create", "--username", "john"]);
    sandbox.whole_settings("app = \"Two\"");
    stdout(&sandbox, &["deploy", "local"]);
    assert_eq!(stdout(&sandbox, &["users", "list"]), "");
    stdout(&sandbox, &["destroy", "local", "--yes"]);
    sandbox.whole_settings("app = \"One\"");
    assert_eq!(
        stdout(&sandbox, &["users", "list"]),
        "{\"username\":\"john\"}\n"
    );
}

#[test]
fn a_busy_port_is_named() {
    let sandbox = Sandbox::new();
    let busy = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = busy.local_addr().unwrap().port().to_string();
    let run = sandbox.umb(&["deploy", "local", "--port", &port]).fails(1);
    assert!(
        run.stderr.starts_with(&format!(
            "error: cannot use port {port}\n  caused by: Address"
        )),
        "{run:?}"
    );
    sandbox.whole_settings(&format!("stages.local.port = {port}"));
    sandbox.umb(&["deploy", "local"]).fails(1);
}

#[test]
fn a_server_is_not_stopped_for_a_port_that_another_one_could_not_use() {
    let sandbox = Sandbox::new();
    stdout(&sandbox, &["deploy", "local"]);
    let before = sandbox.local_server(APP);
    let busy = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = busy.local_addr().unwrap().port().to_string();
    sandbox.umb(&["deploy", "local", "--port", &port]).fails(1);
    assert_eq!(sandbox.local_server(APP), before);
    stdout(&sandbox, &["users", "list"]);
}

#[test]
fn the_port_is_the_one_that_was_asked_for() {
    let sandbox = Sandbox::new();
    let (one, other) = (free_port().to_string(), free_port().to_string());
    stdout(&sandbox, &["deploy", "local", "--port", &one]);
    assert_eq!(url(&sandbox), format!("http://127.0.0.1:{one}/"));
    let moved = stdout(&sandbox, &["deploy", "local", "--port", &other]);
    assert!(moved.contains("(restarted)"), "{moved}");
    assert_eq!(url(&sandbox), format!("http://127.0.0.1:{other}/"));
}

#[test]
fn a_state_folder_that_cannot_be_is_named() {
    let sandbox = Sandbox::new();
    let file = sandbox.work().join("file");
    fs::write(&file, "").unwrap();
    let sandbox = sandbox.with("XDG_STATE_HOME", file.to_str().unwrap());
    let run = sandbox.umb(&["deploy", "local"]).fails(1);
    assert!(
        run.stderr.starts_with("error: cannot use the state folder"),
        "{run:?}"
    );
    assert!(run.stderr.contains("hint: set XDG_STATE_HOME"), "{run:?}");
}

#[test]
fn a_database_that_is_none_is_named_and_left_alone() {
    let sandbox = Sandbox::new();
    let folder = sandbox.local_folder(APP);
    fs::create_dir_all(&folder).unwrap();
    let database = folder.join("users.sqlite3");
    let content = "this is no database, but somebody may want it";
    fs::write(&database, content).unwrap();
    let run = sandbox.umb(&["deploy", "local"]).fails(1);
    assert!(
        run.stderr.contains("cannot open the local database"),
        "{run:?}"
    );
    assert_eq!(fs::read_to_string(&database).unwrap(), content);
}

#[test]
fn destroy_asks_before_it_touches_anything() {
    let sandbox = Sandbox::new();
    stdout(&sandbox, &["deploy", "local"]);
    stdout(&sandbox, &["users", "create", "--username", "john"]);
    let run = sandbox.umb(&["destroy", "local"]).fails(3);
    assert!(!run.stderr.contains("stopped"), "{run:?}");
    assert!(stdout(&sandbox, &["users", "list"]).contains("john"));
    let gone = "UserManagementBackend-Local is destroyed\n";
    assert_eq!(stdout(&sandbox, &["destroy", "local", "--yes"]), gone);
    let run = sandbox.umb(&["users", "list", "--stage", "local"]).fails(1);
    assert!(
        run.stderr.contains("the stage local is not deployed"),
        "{run:?}"
    );
}

#[test]
fn the_foreground_server_serves_until_it_is_told_to_stop() {
    let sandbox = Sandbox::new();
    let mut server = sandbox
        .command(&["deploy", "local", "--foreground"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let url = lines
        .map_while(Result::ok)
        .find_map(|line| Some(line.split_once("EndpointURL = ")?.1.to_owned()))
        .unwrap();
    assert_eq!(
        request("GET", &format!("{url}users"), &[], None)
            .unwrap()
            .status,
        200
    );
    let run = sandbox.umb(&["deploy", "local", "--foreground"]).fails(1);
    assert!(
        run.stderr.contains("is already being served, by process"),
        "{run:?}"
    );
    stdout(&sandbox, &["destroy", "local", "--yes"]);
    assert!(server.wait().unwrap().success());
}

#[test]
fn the_server_listens_on_loopback_alone_and_on_one_port() {
    let sandbox = Sandbox::new();
    stdout(&sandbox, &["deploy", "local"]);
    let port = url(&sandbox)
        .trim_end_matches('/')
        .rsplit(':')
        .next()
        .unwrap()
        .parse::<u16>()
        .unwrap();
    let listening = listening_sockets(&sandbox.local_server(APP));
    assert_eq!(listening, [("127.0.0.1".to_owned(), port)]);
}

/// The addresses that a process listens on, from the kernel's own tables.
fn listening_sockets(pid: &str) -> Vec<(String, u16)> {
    let inodes: Vec<String> = fs::read_dir(format!("/proc/{pid}/fd"))
        .unwrap()
        .flatten()
        .filter_map(|entry| fs::read_link(entry.path()).ok())
        .filter_map(|link| {
            let inode = link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?;
            Some(inode.to_owned())
        })
        .collect();
    ["tcp", "tcp6"]
        .iter()
        .flat_map(|table| {
            let table = fs::read_to_string(format!("/proc/net/{table}")).unwrap_or_default();
            table.lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
        })
        .filter_map(|line| {
            let fields: Vec<_> = line.split_whitespace().collect();
            let is_listening = fields[3] == "0A" && inodes.iter().any(|inode| inode == fields[9]);
            let (address, port) = fields[1].split_once(':')?;
            let address = match address {
                "0100007F" => "127.0.0.1".to_owned(),
                other => other.to_owned(),
            };
            is_listening.then(|| (address, u16::from_str_radix(port, 16).unwrap()))
        })
        .collect()
}
