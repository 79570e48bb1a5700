//! What many users at once cost, beside what the embedded engine does by itself: `cargo bench --bench bulk`.
//!
//! `UMB_BENCH_USERS=1000000` measures with that many instead of a hundred thousand. The exit code says whether every
//! budget was kept.

#![expect(
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

use std::cmp::Ordering;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::{Child, ExitCode, Stdio};
use std::time::{Duration, Instant};

use dynoxide::actions::batch_write_item::{BatchWriteItemRequest, PutRequest, WriteRequest};
use dynoxide::actions::put_item::PutItemRequest;
use dynoxide::actions::scan::ScanRequest;
use dynoxide::{AttributeValue, Database, Item};
use harness::Sandbox;
use serde_json::json;

/// How fast umb must be, in parts of the engine's own rate.
const PART: f64 = 0.7;
/// How much memory an import or an export may take, in megabytes.
const MEMORY: f64 = 64.0;

/// The table's name.
const TABLE: &str = "Users";

fn user(number: u32) -> String {
    format!(
        r#"{{"email":"u{number:07}@example.org","number":{number},"username":"user {number:07}"}}"#
    )
}

/// The database with an empty table, in its own file.
fn engine(folder: &Path, file: &str) -> Database {
    let path = folder.join(file);
    let database = Database::new(path.to_str().unwrap()).unwrap();
    let table = json!({
        "TableName": TABLE,
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

/// A user as the engine takes it.
fn item(number: u32) -> Item {
    let text = AttributeValue::S;
    let attributes = [
        ("email", text(format!("u{number:07}@example.org"))),
        ("number", AttributeValue::N(number.to_string())),
        // As long as the revision that the stage keeps with each user.
        ("$revision", text(format!("{number:032x}"))),
        ("username", text(format!("user {number:07}"))),
    ];
    attributes
        .map(|(name, value)| (name.to_owned(), value))
        .into()
}

/// Users one by one, each only if it is not there.
fn raw_puts(database: &Database, count: u32) -> f64 {
    let started = Instant::now();
    for number in 0..count {
        let request = PutItemRequest {
            table_name: TABLE.to_owned(),
            item: item(number),
            condition_expression: Some("attribute_not_exists(#key)".to_owned()),
            expression_attribute_names: Some([("#key".to_owned(), "username".to_owned())].into()),
            ..PutItemRequest::default()
        };
        database.put_item(request).unwrap();
    }
    rate(count, started.elapsed())
}

/// As many users at once as a request takes.
fn raw_batches(database: &Database, count: u32) -> f64 {
    let started = Instant::now();
    for first in (0..count).step_by(25) {
        let writes = (first..count.min(first + 25)).map(|number| WriteRequest {
            put_request: Some(PutRequest { item: item(number) }),
            delete_request: None,
        });
        let request = BatchWriteItemRequest {
            request_items: [(TABLE.to_owned(), writes.collect())].into(),
            ..BatchWriteItemRequest::default()
        };
        database.batch_write_item(request).unwrap();
    }
    rate(count, started.elapsed())
}

/// All users, page by page.
fn raw_scan(database: &Database, count: u32) -> f64 {
    let started = Instant::now();
    let mut seen = 0;
    let mut after = None;
    loop {
        let request = ScanRequest {
            table_name: TABLE.to_owned(),
            limit: Some(1000),
            exclusive_start_key: after,
            ..ScanRequest::default()
        };
        let page = database.scan(request).unwrap();
        seen += page.items.unwrap().len();
        after = page.last_evaluated_key;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, usize::try_from(count).unwrap());
    rate(count, started.elapsed())
}

/// Runs `umb users …` to its end; returns how long it took, and its peak memory in megabytes.
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

/// The middle one: what takes less than a second is measured more than once.
fn median<T: Copy>(mut measured: [T; 5], order: impl FnMut(&T, &T) -> Ordering) -> T {
    measured.sort_by(order);
    measured[2]
}

/// Prints a row of the report; returns whether the budget was kept.
fn row(what: &str, (took, memory): (Duration, f64), count: u32, raw: f64, part: f64) -> bool {
    let own = rate(count, took);
    let is_kept = own >= raw * part && memory <= MEMORY;
    println!(
        "{what:<20} {own:>9.0} users/s, {:>4.0} % of the engine's {raw:>9.0}; {memory:>5.1} MB{}",
        own / raw * 100.0,
        if is_kept { "" } else { "  OVER" }
    );
    is_kept
}

fn main() -> ExitCode {
    let count: u32 =
        std::env::var("UMB_BENCH_USERS").map_or(100_000, |count| count.parse().unwrap());
    let sandbox = Sandbox::new().with("UMB_STAGE", "local");
    let mut file = BufWriter::new(File::create(sandbox.work().join("users.jsonl")).unwrap());
    for number in 0..count {
        writeln!(file, "{}", user(number)).unwrap();
    }
    file.flush().unwrap();
    println!("{count} users");

    let work = sandbox.work();
    let single = engine(&work, "single.sqlite3");
    let other = engine(&work, "batched.sqlite3");
    let puts = raw_puts(&single, count);
    let batches = raw_batches(&other, count);
    let scan = median([(); 5].map(|()| raw_scan(&single, count)), f64::total_cmp);

    sandbox.umb(&["deploy", "local"]).ok();
    let one_by_one = run(&sandbox, &["import", "users.jsonl"]);
    let straight = ["export", "all.jsonl", "--via", "table"];
    let exported = [(); 5].map(|()| run(&sandbox, &straight));
    let exported = median(exported, |one, other| one.0.cmp(&other.0));
    let paged = run(&sandbox, &["export", "paged.jsonl"]);
    sandbox.umb(&["destroy", "local", "--yes"]).ok();
    sandbox.umb(&["deploy", "local"]).ok();
    let at_once = run(&sandbox, &["import", "users.jsonl", "--via", "table"]);
    let is_kept = [
        row("import via the API", one_by_one, count, puts, PART),
        row("import via the table", at_once, count, batches, PART),
        row("export via the table", exported, count, scan, PART),
    ];
    // Through the API, every hundred users are a request with its JSON twice over: that has no budget.
    row("export via the API", paged, count, scan, 0.0);
    ExitCode::from(u8::from(is_kept.contains(&false)))
}
