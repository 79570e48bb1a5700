//! Imports and exports that are killed, and continue.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::bulk::{deployed, lines, read, sorted, users, write};
use crate::harness::{Sandbox, signal};

const PATIENCE: Duration = Duration::from_mins(2);

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
    // With --on-conflict fail, existing users would be rejected.
    assert_eq!(
        run.stdout,
        format!("{count} created, 0 updated, 0 skipped, 1 rejected\n"),
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
            "error: users.jsonl.umb-import belongs to another import or export: the file, the format or the stage differs\nhint: delete"
        ),
        "{run:#?}"
    );
}
