//! `umb users import` and `export`: on the local stage, and behind a stage that throttles.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{Run, Sandbox, assert_documented, ministack, signal};

const PATIENCE: Duration = Duration::from_mins(2);

fn deployed() -> Sandbox {
    let sandbox = Sandbox::new().with("UMB_STAGE", "local");
    sandbox.umb(&["deploy", "local"]).ok();
    sandbox
}

fn users(sandbox: &Sandbox, args: &[&str]) -> Run {
    sandbox.umb(&[&["users"], args].concat())
}

fn write(sandbox: &Sandbox, name: &str, text: &str) {
    fs::write(sandbox.work().join(name), text).unwrap();
}

fn read(sandbox: &Sandbox, name: &str) -> String {
    fs::read_to_string(sandbox.work().join(name)).unwrap()
}

fn sorted(text: &str) -> String {
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_unstable();
    lines.iter().fold(String::new(), |mut text, line| {
        writeln!(text, "{line}").unwrap();
        text
    })
}

/// So many users as JSON Lines, as an export writes them.
fn lines(count: usize) -> String {
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
    assert_eq!(run.stdout, "2 created, 0 updated, 0 skipped, 3 refused\n");
    assert_eq!(
        run.stderr,
        "error: 3 of 5 lines were refused\nhint: users.jsonl.rejects.jsonl has them, with the reasons\n"
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
                "/n is out of range: 1E-130 to 9.9E+125 is what DynamoDB keeps".into()
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
        ("skip", 0, "0 created, 0 updated, 1 skipped, 0 refused\n"),
        ("fail", 1, "0 created, 0 updated, 0 skipped, 1 refused\n"),
        ("update", 0, "0 created, 1 updated, 0 skipped, 0 refused\n"),
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
    assert!(run.stdout.ends_with("2 refused\n"), "{run:#?}");
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
    assert_eq!(run.stdout, "231 written, 1 refused\n");
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
    assert_eq!(run.stdout, "2501 written, 0 refused\n");
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
        "error: interrupted\nhint: the same command goes on where this one stopped\n"
    );
}

/// An import or an export, killed as soon as what it has written down satisfies `is_enough`.
fn killed_when(
    mut child: Child,
    sandbox: &Sandbox,
    checkpoint: &str,
    is_enough: impl Fn(&Value) -> bool,
) {
    let path = sandbox.work().join(checkpoint);
    let started = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(started.elapsed() < PATIENCE);
        let written = fs::read_to_string(&path).unwrap_or_default();
        if serde_json::from_str(&written).is_ok_and(|written| is_enough(&written)) {
            let pid = child.id().to_string();
            signal(&pid, "KILL");
            break;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    child.wait().unwrap();
}

fn quiet(sandbox: &Sandbox, args: &[&str]) -> Child {
    let mut command = sandbox.command(args);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.spawn().unwrap()
}

/// `cargo test` imports some thousands; `UMB_IMPORT_USERS=100000 cargo test --test suite killed` that many.
#[test]
fn an_import_that_is_killed_again_and_again_loses_and_doubles_nobody() {
    const KILLS: u64 = 10;
    let count: usize =
        std::env::var("UMB_IMPORT_USERS").map_or(4000, |count| count.parse().unwrap());
    let sandbox = deployed();
    let mut text = lines(count);
    text.push_str("nope\n");
    write(&sandbox, "users.jsonl", &text);
    let mut random = fastrand::Rng::with_seed(1);
    let mut last = 0;
    for kill in 1..=KILLS {
        let aim = (count as u64 * kill / (KILLS + 1)).max(last + 1) + random.u64(0..50);
        let child = quiet(&sandbox, &["users", "import", "users.jsonl"]);
        killed_when(child, &sandbox, "users.jsonl.umb-import", |written| {
            let done = written["state"]["done"]["records"].as_u64().unwrap();
            let sent = written["state"]["horizon"].as_u64().unwrap();
            done >= aim || (done >= last && sent > aim && random_moment())
        });
        let written = fs::read_to_string(sandbox.work().join("users.jsonl.umb-import"));
        let Ok(written) = written else {
            break;
        };
        let written: Value = serde_json::from_str(&written).unwrap();
        last = written["state"]["done"]["records"].as_u64().unwrap();
    }
    let run = users(&sandbox, &["import", "users.jsonl"]).fails(1);
    // With --on-conflict fail, whoever is there already would be refused.
    assert_eq!(
        run.stdout,
        format!("{count} created, 0 updated, 0 skipped, 1 refused\n"),
        "{run:#?}"
    );
    assert_eq!(
        read(&sandbox, "users.jsonl.rejects.jsonl").lines().count(),
        1
    );
    let exported = users(&sandbox, &["export"]).ok().stdout;
    assert!(
        sorted(&exported) == lines(count),
        "not the users that were imported"
    );
}

/// True now and then.
fn random_moment() -> bool {
    fastrand::u32(0..100) == 0
}

#[test]
fn an_export_that_is_killed_goes_on_and_appears_when_it_is_whole() {
    let sandbox = deployed();
    write(&sandbox, "users.jsonl", &lines(3000));
    users(&sandbox, &["import", "users.jsonl"]).ok();
    for aim in [300, 1200, 2100] {
        let child = quiet(&sandbox, &["users", "export", "all.jsonl"]);
        killed_when(child, &sandbox, "all.jsonl.umb-export", |written| {
            written["state"]["users"].as_u64().unwrap() >= aim
        });
        let is_whole = sandbox.work().join("all.jsonl").exists();
        let is_under_way = sandbox.work().join("all.jsonl.umb-export").exists();
        assert!(is_whole != is_under_way);
    }
    users(&sandbox, &["export", "all.jsonl"]).ok();
    assert!(sorted(&read(&sandbox, "all.jsonl")) == lines(3000));
    let left: BTreeSet<_> = fs::read_dir(sandbox.work())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(left, ["all.jsonl", "users.jsonl"].map(str::to_owned).into());
}

#[test]
fn what_was_interrupted_is_not_taken_for_something_else() {
    let sandbox = deployed();
    write(&sandbox, "users.jsonl", &lines(2000));
    let child = quiet(&sandbox, &["users", "import", "users.jsonl"]);
    killed_when(child, &sandbox, "users.jsonl.umb-import", |_| true);
    write(&sandbox, "users.jsonl", &lines(1999));
    let run = users(&sandbox, &["import", "users.jsonl"]).fails(1);
    assert!(
        run.stderr.starts_with(
            "error: users.jsonl.umb-import is of another import or export: the file, the format or the stage is another one\nhint: delete"
        ),
        "{run:#?}"
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
    assert_eq!(run.stdout, "150 created, 0 updated, 0 skipped, 0 refused\n");
    assert_eq!(
        sorted(&users(&sandbox, &["export"]).ok().stdout),
        lines(150)
    );
}
