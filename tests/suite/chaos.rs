//! Deploys and destroys behind a line that fails, each interrupted somewhere and simply run again: they
//! come to the right state, with nothing lost and nothing left behind.
//!
//! `cargo test` tries a few schedules; `UMB_CHAOS_RUNS=200 cargo test --test suite chaos` tries that many.

use std::process::Stdio;

use crate::harness::{Proxy, Run, Sandbox, ministack, signal};

const RUNS: u64 = 6;
/// One of so many calls fails.
const ONE_IN: u32 = 12;
/// So often a run may fail, and be run again, before that counts as not converging.
const PATIENCE: usize = 8;

/// Runs a command, ends it after so many calls, with Ctrl-C or for good.
fn interrupted(sandbox: &Sandbox, proxy: &Proxy, args: &[&str], random: &mut fastrand::Rng) {
    let alarm = proxy.alarm_after(random.usize(1..45));
    let mut child = sandbox
        .command(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // One that ends before is one that was not interrupted.
    while child.try_wait().unwrap().is_none() {
        if alarm
            .recv_timeout(std::time::Duration::from_millis(5))
            .is_ok()
        {
            let name = ["KILL", "INT", "TERM"][random.usize(0..3)];
            signal(&child.id().to_string(), name);
            break;
        }
    }
    child.wait().unwrap();
}

/// Runs a command until it succeeds.
fn converges(sandbox: &Sandbox, args: &[&str], seed: u64) -> Run {
    let mut runs = Vec::new();
    for _ in 0..PATIENCE {
        let run = sandbox.umb(args);
        assert!(!run.stderr.contains("panicked"), "seed {seed}: {run:#?}");
        if run.code == 0 {
            return run;
        }
        runs.push(run);
    }
    panic!("seed {seed}: {args:?} does not converge: {runs:#?}");
}

fn one_life(seed: u64) {
    let aws = ministack();
    let mut random = fastrand::Rng::with_seed(seed);
    let proxy = Proxy::before(aws, seed, ONE_IN);
    let sandbox = Sandbox::on(aws).with("AWS_ENDPOINT_URL", &proxy.endpoint);
    let nothing = aws.resources(&sandbox);

    interrupted(&sandbox, &proxy, &["deploy", "dev"], &mut random);
    converges(&sandbox, &["deploy", "dev"], seed);
    proxy.set_faults(0);
    sandbox.umb(&["users", "create", "--username", "john"]).ok();
    proxy.set_faults(ONE_IN);

    sandbox.settings("stages.dev = { log_retention_days = 7, billing = \"provisioned\" }");
    interrupted(&sandbox, &proxy, &["deploy", "dev"], &mut random);
    converges(&sandbox, &["deploy", "dev"], seed);
    proxy.set_faults(0);
    let run = sandbox.umb(&["plan", "dev"]).ok();
    assert!(!run.stdout.contains("to be"), "seed {seed}: {run:#?}");
    assert_eq!(
        sandbox.umb(&["users", "list"]).ok().stdout,
        "{\"username\":\"john\"}\n",
        "seed {seed}"
    );
    proxy.set_faults(ONE_IN);

    interrupted(&sandbox, &proxy, &["destroy", "dev", "--yes"], &mut random);
    converges(&sandbox, &["destroy", "dev", "--yes"], seed);
    interrupted(&sandbox, &proxy, &["destroy", "all", "--yes"], &mut random);
    converges(&sandbox, &["destroy", "all", "--yes"], seed);
    assert_eq!(
        aws.resources(&sandbox),
        nothing,
        "seed {seed}: something is left behind"
    );
}

#[test]
fn interrupted_runs_converge_behind_a_failing_line() {
    let runs = std::env::var("UMB_CHAOS_RUNS").map_or(RUNS, |runs| runs.parse().unwrap());
    for seed in 0..runs {
        one_life(seed);
    }
}

#[test]
fn calls_are_few() {
    let aws = ministack();
    let proxy = Proxy::before(aws, 0, 0);
    let sandbox = Sandbox::on(aws).with("AWS_ENDPOINT_URL", &proxy.endpoint);
    sandbox.umb(&["deploy", "dev"]).ok();
    let first = proxy.calls();
    let polls = ["DescribeStacks", "DescribeStackEvents", "DescribeChangeSet"];
    let work = first.iter().filter(|call| !polls.contains(&call.as_str()));
    assert!(work.count() <= 40, "{first:#?}");
    sandbox.umb(&["deploy", "dev"]).ok();
    let unchanged = proxy.calls();
    // Who calls, both stacks, how the table is billed, the logging role, the function's code, and the API.
    assert!(unchanged.len() <= 9, "{unchanged:#?}");
}
