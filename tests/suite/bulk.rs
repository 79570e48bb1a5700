//! `umb users import` and `export`: on the local stage, and behind a stage that throttles.

use std::fmt::Write as _;
use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{Run, Sandbox, assert_documented, ministack, signal};

const PATIENCE: Duration = Duration::from_mins(2);

pub fn deployed() -> Sandbox {
    let sandbox = Sandbox::new().with("UMB_STAGE", "local");
    sandbox.umb(&["deploy", "local"]).ok();
    sandbox
}

pub fn users(sandbox: &Sandbox, args: &[&str]) -> Run {
    sandbox.umb(&[&["users"], args].concat())
}

pub fn write(sandbox: &Sandbox, name: &str, text: &str) {
    fs::write(sandbox.work().join(name), text).unwrap();
}

pub fn read(sandbox: &Sandbox, name: &str) -> String {
    fs::read_to_string(sandbox.work().join(name)).unwrap()
}

pub fn sorted(text: &str) -> String {
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_unstable();
    lines.iter().fold(String::new(), |mut text, line| {
        writeln!(text, "{line}").unwrap();
        text
    })
}

/// So many users as JSON Lines, as an export writes them.
pub fn lines(count: usize) -> String {
    (0..count).fold(String::new(), |mut text, number| {
        writeln!(
            text,
            "{{\"email\":\"u{number:06}@example.org\",\"number\":{number},\"username\":\"user {number:06}\"}}"
        )
        .unwrap();
        text
    })
}

#[test]
fn a_bad_line_does_not_stop_the_rest() {
    let sandbox = deployed();
    let text = "{\"username\":\"a\"}\n\nnope\n{\"username\":\"b\",\"email\":\"x\",\"n\":1e999}\n{\"n\":1}\n{\"username\":\"c\"}";
    write(&sandbox, "users.jsonl", text);
    let run = users(&sandbox, &["import", "users.jsonl"]).fails(1);
    assert_eq!(run.stdout, "2 created, 0 updated, 0 skipped, 3 rejected\n");
    assert_eq!(
        run.stderr,
        "error: 3 of 5 lines were rejected\nhint: see users.jsonl.rejects.jsonl for the lines and the reasons\n"
    );
    let rejects: Vec<Value> = read(&sandbox, "users.jsonl.rejects.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let told: Vec<_> = rejects
        .iter()
        .map(|reject| (reject["line"].clone(), reject["reason"].clone()))
        .collect();
    assert_eq!(
        told,
        [
            (3.into(), "the body is not JSON (line 1, column 1)".into()),
            (
                4.into(),
                "/n is out of range: DynamoDB keeps 1E-130 to 9.9E+125".into()
            ),
            (5.into(), "/username is missing".into()),
        ]
    );
    assert_eq!(rejects[0]["record"], "nope");
    let names = users(&sandbox, &["list"]).ok().stdout;
    assert_eq!(
        sorted(&names),
        "{\"username\":\"a\"}\n{\"username\":\"c\"}\n"
    );
    assert!(!sandbox.work().join("users.jsonl.umb-import").exists());
}

#[test]
fn users_that_exist_are_skipped_updated_or_refused() {
    let sandbox = deployed();
    users(&sandbox, &["create", "--username", "a", "--set", "old=1"]).ok();
    write(&sandbox, "users.jsonl", "{\"username\":\"a\",\"new\":2}\n");
    for (policy, code, told) in [
        ("skip", 0, "0 created, 0 updated, 1 skipped, 0 rejected\n"),
        ("fail", 1, "0 created, 0 updated, 0 skipped, 1 rejected\n"),
        ("update", 0, "0 created, 1 updated, 0 skipped, 0 rejected\n"),
    ] {
        let run = users(
            &sandbox,
            &["import", "users.jsonl", "--on-conflict", policy],
        );
        assert_eq!((run.code, run.stdout.as_str()), (code, told), "{run:#?}");
    }
    let user = users(&sandbox, &["list"]).ok().stdout;
    assert_eq!(user, "{\"new\":2,\"old\":\"1\",\"username\":\"a\"}\n");
}

#[test]
fn what_is_exported_is_imported_to_the_byte() {
    let sandbox = deployed();
    let odd = "{\"$revision\":\"x\",\"list\":[1.50,{\"a\":null},\"\\n,\\\"\"],\"n\":12345678901234567890123,\"username\":\"ünï, \\\"q\\\"\"}\n";
    let empty = "{\"email\":\"a@b.c\",\"s\":\"\",\"username\":\"z\"}\n";
    write(
        &sandbox,
        "users.jsonl",
        &format!("{}{odd}{empty}", lines(250)),
    );
    users(&sandbox, &["import", "users.jsonl"]).ok();
    let exported = users(&sandbox, &["export"]).ok().stdout;
    assert_eq!(exported.lines().count(), 252);
    for file in ["all.jsonl", "all.csv"] {
        let run = users(&sandbox, &["export", file]).ok();
        assert_eq!(run.stderr, "252 users exported\n");
        sandbox.umb(&["destroy", "local", "--yes"]).ok();
        sandbox.umb(&["deploy", "local"]).ok();
        users(&sandbox, &["import", file]).ok();
        let again = users(&sandbox, &["export"]).ok().stdout;
        assert_eq!(sorted(&again), sorted(&exported), "{file}");
    }
    assert!(read(&sandbox, "all.csv").starts_with("username,email,*:json\n"));
}

#[test]
fn columns_say_what_their_cells_are() {
    let sandbox = deployed();
    write(
        &sandbox,
        "users.csv",
        "username,age:json,note\njohn,42,\"a, \"\"b\"\"\"\njane,nope,x\njim,,\njack,1,\"x,y\",z\n",
    );
    let run = users(&sandbox, &["import", "users.csv"]).fails(1);
    assert!(run.stdout.starts_with("2 created"), "{run:#?}");
    assert!(run.stdout.ends_with("2 rejected\n"), "{run:#?}");
    let rejects = read(&sandbox, "users.csv.rejects.jsonl");
    let rejects: Vec<Value> = rejects
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        rejects[0],
        json!({ "line": 3, "reason": "age:json is not JSON", "record": "jane,nope,x" })
    );
    assert_eq!(rejects[1]["line"], 5, "{rejects:#?}");
    assert_eq!(rejects[1]["record"], "jack,1,\"x,y\",z", "{rejects:#?}");
    let all = sorted(&users(&sandbox, &["list"]).ok().stdout);
    assert!(
        all.contains("{\"age\":42,\"note\":\"a, \\\"b\\\"\",\"username\":\"john\"}"),
        "{all}"
    );
    write(&sandbox, "other.csv", "name\nx\n");
    let run = users(&sandbox, &["import", "other.csv"]).fails(1);
    assert!(
        run.stderr.contains("there is no column `username`"),
        "{run:#?}"
    );
}

#[test]
fn standard_input_is_a_file_like_any_other() {
    let sandbox = deployed();
    let mut child = sandbox
        .command(&["users", "import", "-", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    std::io::Write::write_all(&mut stdin, lines(30).as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_documented("import", &told.to_string());
    assert_eq!(told["created"], 30);
}

#[test]
fn administrators_go_straight_to_the_table() {
    let sandbox = Sandbox::on(ministack()).with("UMB_STAGE", "dev");
    sandbox.umb(&["deploy", "dev"]).ok();
    users(
        &sandbox,
        &["create", "--username", "user 000007", "--set", "old=1"],
    )
    .ok();
    let tag = users(&sandbox, &["get", "user 000007", "--etag"])
        .ok()
        .stdout;
    let text = lines(230);
    let first = text.lines().next().unwrap();
    write(&sandbox, "users.jsonl", &format!("{text}{first}\nnope\n"));
    let run = users(&sandbox, &["import", "users.jsonl", "--via", "table"]).fails(1);
    assert_eq!(run.stdout, "231 written, 1 rejected\n");
    assert_ne!(
        users(&sandbox, &["get", "user 000007", "--etag"])
            .ok()
            .stdout,
        tag
    );
    let by_api = users(&sandbox, &["export"]).ok().stdout;
    assert_eq!(sorted(&by_api), text);
    let straight = ["export", "all.csv", "--via", "table", "--consistent"];
    users(&sandbox, &straight).ok();
    users(&sandbox, &["import", "all.csv", "--on-conflict", "skip"]).ok();
    let straight = users(&sandbox, &["export", "--via", "table"]).ok().stdout;
    assert_eq!(sorted(&straight), text);
    assert_ne!(
        straight, text,
        "the parts come in an order that needs no sorting"
    );

    let in_order = ["export", "--via", "table", "--sorted"];
    assert_eq!(users(&sandbox, &in_order).ok().stdout, text);
    users(&sandbox, &[&in_order[..], &["sorted.csv"]].concat()).ok();
    let rows = read(&sandbox, "sorted.csv");
    let names: Vec<_> = rows
        .lines()
        .skip(1)
        .map(|row| row.split(',').next())
        .collect();
    assert_eq!(names.len(), 230);
    assert!(names.is_sorted(), "{names:?}");
    let left: Vec<_> = fs::read_dir(sandbox.work())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("sorted.csv"))
        .collect();
    assert_eq!(left, ["sorted.csv"]);
}

#[test]
fn the_local_table_takes_and_gives_users_beside_its_server_and_without_it() {
    let sandbox = deployed();
    let values = r#"{"a":[1,"x",true,null,{"b":1.50}],"username":"odd one"}"#;
    let text = format!("{values}\n{}", lines(2500));
    write(&sandbox, "users.jsonl", &text);
    let run = users(&sandbox, &["import", "users.jsonl", "--via", "table"]).ok();
    assert_eq!(run.stdout, "2501 written, 0 rejected\n");
    let by_api = users(&sandbox, &["export"]).ok().stdout;
    assert_eq!(sorted(&by_api), sorted(&text.replace("1.50", "1.5")));

    signal(&sandbox.local_server("UserManagementBackend"), "KILL");
    let alone = users(&sandbox, &["export", "--via", "table"]).ok().stdout;
    assert_eq!(sorted(&alone), sorted(&by_api));
    users(&sandbox, &["list"]).fails(1);

    sandbox.umb(&["destroy", "local", "--yes"]).ok();
    let run = users(&sandbox, &["export", "--via", "table"]).fails(1);
    assert!(
        run.stderr.contains("hint: run `umb deploy local`"),
        "{run:#?}"
    );
}

#[test]
fn ctrl_c_says_that_the_same_command_goes_on() {
    let sandbox = deployed();
    write(&sandbox, "users.jsonl", &lines(20_000));
    let mut command = sandbox.command(&["users", "import", "users.jsonl"]);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let path = sandbox.work().join("users.jsonl.umb-import");
    let started = Instant::now();
    while !path.exists() {
        assert!(started.elapsed() < PATIENCE);
        std::thread::sleep(Duration::from_millis(2));
    }
    let pid = child.id().to_string();
    signal(&pid, "INT");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "error: interrupted\nhint: the same command continues where this one stopped\n"
    );
}

#[test]
fn a_stage_that_throttles_is_not_overrun() {
    let aws = ministack();
    let sandbox = Sandbox::on(aws).with("UMB_STAGE", "dev");
    sandbox.settings("stages.dev = { throttling_rate = 40, throttling_burst = 5 }");
    sandbox.umb(&["deploy", "dev"]).ok();
    write(&sandbox, "users.jsonl", &lines(150));
    let run = users(&sandbox, &["import", "users.jsonl"]).ok();
    assert_eq!(
        run.stdout,
        "150 created, 0 updated, 0 skipped, 0 rejected\n"
    );
    assert_eq!(
        sorted(&users(&sandbox, &["export"]).ok().stdout),
        lines(150)
    );
}
