//! What Ctrl-C does while a command runs: see [`TABLE`](super::interrupt_table::TABLE).

use std::pin::Pin;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::error::{Failure, Kind};
use crate::stack;
use crate::stage::StageState;
use crate::ui::Ui;

use super::interrupt_table::{First, TABLE};
use super::target::CloudStage;

/// How long an interrupted command may take to find out what CloudFormation is doing.
const LOOK_TIMEOUT: Duration = Duration::from_secs(10);

/// A running command. On the heap, because commands hold much.
pub(super) type Running<'a, T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + 'a>>;

/// Runs `command`, which the first Ctrl-C ends. The table says what is said then.
pub(super) fn stoppable<'a, T: 'a>(
    verb: &'static str,
    command: impl Future<Output = Result<T, Failure>> + 'a,
) -> Running<'a, T> {
    let command = Box::pin(command);
    Box::pin(async move {
        let mut interrupts = interrupts()?;
        tokio::select! {
            outcome = command => outcome,
            _ = interrupts.recv() => Err(interrupted(hint(verb))),
        }
    })
}

/// Returns what a verb says when it is stopped.
fn hint(verb: &str) -> &'static str {
    let row = TABLE.iter().find(|(name, ..)| *name == verb);
    match row {
        Some((_, First::Stop(hint), _)) => hint,
        _ => "",
    }
}

fn interrupted(hint: &str) -> Failure {
    let failure = Failure::new(Kind::Interrupted, "interrupted");
    if hint.is_empty() {
        failure
    } else {
        failure.hint(hint)
    }
}

/// What a command does to a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    /// What can be cancelled.
    Deploys,
    /// What cannot: CloudFormation deletes to the end.
    Destroys,
}

/// Runs `command` on a stage. At the first Ctrl-C it says what CloudFormation is doing, and offers to cancel it; at the
/// second it ends at once. It ends at the first if nobody can be asked, and at a SIGTERM.
pub(super) fn attended<'a, T: 'a>(
    target: &'a CloudStage,
    ui: &'a Ui,
    work: Work,
    command: impl Future<Output = Result<T, Failure>> + 'a,
) -> Running<'a, T> {
    let command = Box::pin(command);
    Box::pin(async move {
        let mut interrupts = interrupts()?;
        let may_ask = tokio::select! {
            outcome = command => return outcome,
            _ = interrupts.recv() => true,
            () = terminated() => false,
        };
        // From here on the command is gone, and with it what it displayed.
        Err(tokio::select! {
            failure = stop(target, ui, work, may_ask) => failure,
            _ = interrupts.recv() => left_running(target, work),
            () = terminated() => left_running(target, work),
        })
    })
}

/// Catches SIGINT from here on. Before a command is polled for the first time, so that none is missed.
fn interrupts() -> Result<Signal, Failure> {
    Ok(signal(SignalKind::interrupt())?)
}

async fn terminated() {
    match signal(SignalKind::terminate()) {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(_) => std::future::pending().await,
    }
}

async fn stop(target: &CloudStage, ui: &Ui, work: Work, may_ask: bool) -> Failure {
    ui.note("");
    let looked = tokio::time::timeout(LOOK_TIMEOUT, async {
        // Change sets that cannot be deleted now go with the next update.
        let _ = target.env.discard_change_sets().await;
        StageState::look(&target.env, target.app(), target.name()).await
    });
    let Ok(Ok(state)) = looked.await else {
        return left_running(target, work);
    };
    let mut stacks = state.stacks();
    stacks.retain(|stack| stack.status().is_moving());
    for stack in &stacks {
        ui.note(&format!(
            "{} is {}: CloudFormation keeps working on it",
            stack.id,
            stack.status()
        ));
    }
    if stacks.is_empty() {
        return interrupted("nothing is running on AWS; the same command starts again");
    }
    let can_cancel = work == Work::Deploys
        && stacks
            .iter()
            .any(|stack| stack.status().is_updating() || stack.status().is_creating());
    if !may_ask || !can_cancel || !ui.can_ask() {
        return left_running(target, work);
    }
    let question = "Leave it running, or cancel it and wait until everything is as before?";
    if ui.choose(question, &["leave", "cancel"]).await != Some("cancel") {
        return left_running(target, work);
    }
    let reporter = ui.reporter();
    match stack::cancel(&target.env, target.name(), &state.stacks(), &*reporter).await {
        Ok(outcomes) => outcomes.into_iter().for_each(|outcome| ui.say(outcome)),
        Err(error) => return error.into(),
    }
    Failure::new(Kind::Interrupted, "interrupted, and cancelled")
        .hint(format!("`umb deploy {}` starts again", target.name()))
}

fn left_running(target: &CloudStage, work: Work) -> Failure {
    let stage = target.name();
    let cancels = match work {
        Work::Deploys => format!(", `umb cancel {stage}` cancels it"),
        Work::Destroys => String::new(),
    };
    interrupted(&format!(
        "CloudFormation completes what it has started: `umb watch {stage}` follows it{cancels}; the same command continues \
         from there"
    ))
}
