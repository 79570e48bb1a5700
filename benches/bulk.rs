//! What many users at once cost, beside what the embedded engine does by itself: `cargo bench --bench bulk`.
//!
//! `UMB_BENCH_USERS=1000000` measures with that many instead of twenty thousand. The exit code says whether every
//! budget was kept.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "a bench prints, stops where it cannot go on, and uses a part of the tests' harness"
)]

#[path = "../tests/suite/harness/mod.rs"]
mod harness;

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::process::{Child, ExitCode, Stdio};
use std::time::{Duration, Instant};

use dynoxide::Database;
use harness::Sandbox;
use serde_json::{Value, json};

/// How fast umb must be, in parts of the engine's own rate.
const PART: f64 = 0.7;
/// How much memory an import or an export may take, in megabytes.
const MEMORY: f64 = 64.0;

fn user(number: u32) -> String {
    format!(
        r#"{{"email":"u{number:07}@example.org","number":{number},"username":"user {number:07}"}}"#
    )
}

/// The engine with an empty table, in a file of its own.
fn engine(folder: &std::path::Path) -> Database {
    let path = folder.join("raw.sqlite3");
    let database = Database::new(path.to_str().unwrap()).unwrap();
    let table = json!({
        "TableName": "Users",
        "AttributeDefinitions": [{"AttributeName": "username", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "username", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    });
    database
        .create_table(serde_json::from_value(table).unwrap())
        .unwrap();
    database
}

/// So many a second.
fn rate(count: u32, took: Duration) -> f64 {
    f64::from(count) / took.as_secs_f64()
}

fn raw_puts(database: &Database, count: u32) -> f64 {
    let started = Instant::now();
    for number in 0..count {
        let request = json!({
            "TableName": "Users",
            "Item": {
                "email": {"S": format!("u{number:07}@example.org")},
                "number": {"N": number.to_string()},
                "username": {"S": format!("user {number:07}")},
            },
            "ConditionExpression": "attribute_not_exists(#key)",
            "ExpressionAttributeNames": {"#key": "username"},
        });
        database
            .put_item(serde_json::from_value(request).unwrap())
            .unwrap();
    }
    rate(count, started.elapsed())
}

fn raw_scan(database: &Database, count: u32) -> f64 {
    let started = Instant::now();
    let mut seen = 0;
    let mut after = Value::Null;
    loop {
        let mut request = json!({"TableName": "Users", "Limit": 100, "ConsistentRead": true});
        if !after.is_null() {
            request["ExclusiveStartKey"] = after;
        }
        let page = database
            .scan(serde_json::from_value(request).unwrap())
            .unwrap();
        let page = serde_json::to_value(&page).unwrap();
        seen += page["Items"].as_array().unwrap().len();
        after = page["LastEvaluatedKey"].clone();
        if after.is_null() {
            break;
        }
    }
    assert_eq!(seen, usize::try_from(count).unwrap());
    rate(count, started.elapsed())
}

/// Runs `umb users …` to its end; answers how long it took, and its memory at the most in megabytes.
fn run(sandbox: &Sandbox, args: &[&str]) -> (Duration, f64) {
    let started = Instant::now();
    let mut child = sandbox
        .command(&[&["users"], args].concat())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut memory: f64 = 0.0;
    loop {
        memory = memory.max(resident(&child).unwrap_or(0.0));
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success());
            return (started.elapsed(), memory);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The most that a process has had in memory, in megabytes.
fn resident(child: &Child) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes / 1024.0)
}

/// A row of the report; answers whether the budget was kept.
fn row(what: &str, (took, memory): (Duration, f64), count: u32, raw: f64) -> bool {
    let own = rate(count, took);
    let is_kept = own >= raw * PART && memory <= MEMORY;
    println!(
        "{what:<8} {own:>9.0} users/s, {:>4.0} % of the engine's {raw:>9.0}; {memory:>5.1} MB{}",
        own / raw * 100.0,
        if is_kept { "" } else { "  OVER" }
    );
    is_kept
}

fn main() -> ExitCode {
    let count: u32 =
        std::env::var("UMB_BENCH_USERS").map_or(20_000, |count| count.parse().unwrap());
    let sandbox = Sandbox::new().with("UMB_STAGE", "local");
    let mut file = BufWriter::new(File::create(sandbox.work().join("users.jsonl")).unwrap());
    for number in 0..count {
        writeln!(file, "{}", user(number)).unwrap();
    }
    file.flush().unwrap();
    println!("{count} users");

    let database = engine(&sandbox.work());
    let (puts, scan) = (raw_puts(&database, count), raw_scan(&database, count));
    sandbox.umb(&["deploy", "local"]).ok();
    let imported = run(&sandbox, &["import", "users.jsonl"]);
    let exported = run(&sandbox, &["export", "all.jsonl"]);
    let is_kept = [
        row("import", imported, count, puts),
        row("export", exported, count, scan),
    ];
    ExitCode::from(u8::from(is_kept.contains(&false)))
}
