//! How long umb's own part of a commit takes, action by action. Not a test: it asserts that everything works, and prints
//! what it took.
//!
//! `cargo test --test suite -- --ignored --nocapture --test-threads 1 pipeline::figures` runs it, with umb as tests build it.

#![expect(clippy::print_stdout, reason = "figures are for people to read")]

use std::fs;
use std::time::Instant;

use crate::function::{AFTER, BEFORE, change};
use crate::harness::Ran;

use super::around::{deploy_pipeline, on_moto};
use super::stack::Update;
use super::world::World;

/// What this process's children took of the processor so far, in seconds.
fn processor() -> f64 {
    // https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: cutime and cstime, in hundredths of a second.
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    let fields: Vec<_> = fields.split(' ').collect();
    let hundredths: f64 = fields[13].parse::<f64>().unwrap() + fields[14].parse::<f64>().unwrap();
    hundredths / 100.0
}

/// Runs a build, and says what it took; returns its time.
fn measured(name: &str, build: impl FnOnce() -> Ran) -> f64 {
    let (before, started) = (processor(), Instant::now());
    let ran = build();
    assert_eq!(ran.code, 0, "{ran:#?}");
    let wall = started.elapsed().as_secs_f64();
    let processor = processor() - before;
    println!("  {name:<16} {wall:7.1} s wall {processor:7.1} s CPU");
    wall
}

/// Runs a commit from Source to both of prod's stages, but for UpdatePipeline.
fn commit(world: &World, name: &str) {
    println!("{name}");
    world.commit_folder(&world.sandbox.work());
    let mut total = 0.0;
    let builds_function = world.template["Resources"]["FunctionProject"].is_object();
    if builds_function {
        total += measured("Function", || world.build("Function", "Function"));
    }
    total += measured("Synth", || world.build("Synth", "Synth"));
    world.publish();
    world.cloudformation("Prod-Stateful", "Stateful.Prepare");
    total += measured("Plan", || world.build("Prod-Stateful", "Plan"));
    world.cloudformation("Prod-Stateful", "Stateful.Deploy");
    total += measured("Stateless.Deploy", || {
        world.build("Prod-Stateless", "Stateless.Deploy")
    });
    println!("  {:<16} {total:7.1} s wall", "all of them");
}

#[test]
#[ignore = "it measures"]
fn of_a_commit() {
    let (_moto, _around, sandbox) = on_moto();
    deploy_pipeline(&sandbox, &[]).ok();
    let update = Update::new(&sandbox);
    println!("every commit");
    measured("UpdatePipeline", || update.to(&update.settings()));

    let stage = "[stages.prod]\nalarm = false\n";
    let world = World::new(stage);
    commit(&world, "the first commit, without a function of its own");
    let file = world.sandbox.work().join("umb.toml");
    let settings = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{settings}log_retention_days = 14\n")).unwrap();
    commit(&world, "the second commit, which changes a setting");
}

#[test]
#[ignore = "it measures"]
fn of_a_commit_that_changes_the_function() {
    let world = World::new("[function]\nsource = \"handler\"\n[stages.prod]\nalarm = false\n");
    world.sandbox.umb(&["init", "--function"]).ok();
    change(&world.sandbox, "src/http/problem.rs", BEFORE, AFTER);
    commit(&world, "a commit that changes the function");
    change(&world.sandbox, "src/http/problem.rs", AFTER, BEFORE);
    commit(&world, "another one");
}
