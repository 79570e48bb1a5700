//! What umb promises to cost, measured: `cargo bench`.
//!
//! Each row is a median of several runs beside its budget. The machine decides about times, so they are
//! a bench and not a test; the exit code says whether every budget was kept.

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

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use harness::{Sandbox, ministack};
use nix::sys::resource::{UsageWho, getrusage};

const UMB: &str = env!("CARGO_BIN_EXE_umb");
const RUNS: usize = 11;

/// Rows as they are measured, and whether all were within their budgets.
#[derive(Default)]
struct Report {
    is_over: bool,
}

impl Report {
    fn row(&mut self, what: &str, measured: f64, budget: f64, unit: &str) {
        let verdict = if measured <= budget { "" } else { "  OVER" };
        self.is_over |= measured > budget;
        println!("{what:<40} {measured:>10.1} {unit:<3} of {budget:>8.1}{verdict}");
    }

    fn time(&mut self, what: &str, budget: Duration, run: impl FnMut() -> Duration) {
        let milliseconds = |duration: Duration| duration.as_secs_f64() * 1000.0;
        self.row(what, milliseconds(median(run)), milliseconds(budget), "ms");
    }
}

fn median(mut run: impl FnMut() -> Duration) -> Duration {
    let mut runs: Vec<_> = (0..RUNS).map(|_| run()).collect();
    runs.sort();
    runs[RUNS / 2]
}

fn timed(run: impl FnOnce()) -> Duration {
    let started = Instant::now();
    run();
    started.elapsed()
}

fn size(path: &Path) -> f64 {
    f64::from(u32::try_from(fs::metadata(path).unwrap().len()).unwrap())
}

fn version() {
    let status = Command::new(UMB)
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    assert!(status.unwrap().success());
}

fn main() -> ExitCode {
    let mut report = Report::default();
    println!("medians of {RUNS} runs");

    report.time("umb --version", Duration::from_millis(10), || {
        timed(version)
    });
    let kilobytes = u32::try_from(getrusage(UsageWho::RUSAGE_CHILDREN).unwrap().max_rss()).unwrap();
    let megabytes = f64::from(kilobytes) / 1024.0;
    report.row("umb --version, resident at most", megabytes, 15.0, "MB");
    report.row(
        "umb, stripped binary",
        size(Path::new(UMB)) / 1e6,
        30.0,
        "MB",
    );

    let local = Sandbox::new();
    local.umb(&["artifact", "--out", "handler.zip"]).ok();
    let artifact = size(&local.work().join("handler.zip"));
    report.row("function inside it, zipped", artifact / 1e6, 3.0, "MB");
    report.time(
        "deploy local until the API responds",
        Duration::from_millis(300),
        || {
            let deployed = timed(|| drop(local.umb(&["deploy", "local"]).ok()));
            local.umb(&["destroy", "local", "--yes"]).ok();
            deployed
        },
    );

    let cloud = Sandbox::on(ministack());
    let (mut unchanged, mut destroyed) = (Vec::new(), Vec::new());
    report.time(
        "first deploy dev, MiniStack",
        Duration::from_secs(3),
        || {
            let deployed = timed(|| drop(cloud.umb(&["deploy", "dev"]).ok()));
            unchanged.push(timed(|| drop(cloud.umb(&["deploy", "dev"]).ok())));
            destroyed.push(timed(|| drop(cloud.umb(&["destroy", "dev", "--yes"]).ok())));
            cloud.umb(&["destroy", "all", "--yes"]).ok();
            deployed
        },
    );
    let (mut unchanged, mut destroyed) = (unchanged.into_iter(), destroyed.into_iter());
    report.time(
        "no-op deploy dev, MiniStack",
        Duration::from_millis(500),
        || unchanged.next().unwrap(),
    );
    report.time("destroy dev, MiniStack", Duration::from_secs(3), || {
        destroyed.next().unwrap()
    });
    ExitCode::from(u8::from(report.is_over))
}
