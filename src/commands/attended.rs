//! What Ctrl-C means while AWS works on a stage: umb stops, CloudFormation does not.

use std::pin::Pin;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use crate::deploy::{self, Rest, Standing};
use crate::error::{Failure, Kind};
use crate::ui::Ui;

use super::stage::CloudStage;

/// How long tidying up may take after an interruption.
const PATIENCE: Duration = Duration::from_secs(10);

/// A command under way. On the heap: commands hold much.
pub(super) type Running<'a> = Pin<Box<dyn Future<Output = Result<(), Failure>> + 'a>>;

/// `command`, unless Ctrl-C comes first.
pub(super) fn interruptible<'a>(
    command: impl Future<Output = Result<(), Failure>> + 'a,
) -> Running<'a> {
    let command = Box::pin(command);
    Box::pin(async {
        tokio::select! {
            outcome = command => outcome,
            Ok(()) = tokio::signal::ctrl_c() => Err(Failure::new(Kind::Interrupted, "interrupted")),
        }
    })
}

/// Runs `command` on a stage. At the first Ctrl-C it says what CloudFormation goes on doing, and offers
/// to cancel it; at the second it ends at once. Where nobody can answer, and at a SIGTERM, it ends at
/// the first.
pub(super) fn attended<'a>(
    target: &'a CloudStage,
    ui: &'a Ui,
    command: impl Future<Output = Result<(), Failure>> + 'a,
) -> Running<'a> {
    let command = Box::pin(command);
    Box::pin(async move {
        let is_asked = tokio::select! {
            outcome = command => return outcome,
            Ok(()) = tokio::signal::ctrl_c() => true,
            () = terminated() => false,
        };
        // From here on the command is gone, and with it what it showed.
        tokio::select! {
            outcome = interrupted(target, ui, is_asked) => outcome,
            Ok(()) = tokio::signal::ctrl_c() => Err(left_running(target)),
            () = terminated() => Err(left_running(target)),
        }
    })
}

async fn terminated() {
    match signal(SignalKind::terminate()) {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(_) => std::future::pending().await,
    }
}

async fn interrupted(target: &CloudStage, ui: &Ui, is_asked: bool) -> Result<(), Failure> {
    let spec = &target.stage.spec;
    ui.note("");
    let looked = tokio::time::timeout(PATIENCE, async {
        // What was only proposed is taken back; if that fails, it goes with the next update.
        let _ = target.cloud.abandon().await;
        Standing::look(&target.cloud, &spec.app, &spec.name).await
    });
    let Ok(Ok(standing)) = looked.await else {
        return Err(left_running(target));
    };
    let mut goes_on = false;
    let mut can_cancel = false;
    for stack in standing.stacks().filter(|stack| stack.status.is_moving()) {
        goes_on = true;
        can_cancel |= stack.status.is_updating() || stack.status.is_creating();
        ui.note(&format!(
            "{} is {}: CloudFormation goes on with it",
            stack.name, stack.status
        ));
    }
    if !goes_on {
        return Err(Failure::new(Kind::Interrupted, "interrupted")
            .hint("nothing goes on at AWS; the same command begins anew"));
    }
    if !is_asked || !can_cancel || !ui.can_ask() {
        return Err(left_running(target));
    }
    let question = "Leave it running, or cancel it and wait until all is as before? [leave/cancel]";
    if ui.ask(question).await.as_deref() != Some("cancel") {
        return Err(left_running(target));
    }
    let rests = deploy::cancel(&target.cloud, standing, &*ui.reporter()).await?;
    show(ui, &rests);
    Err(
        Failure::new(Kind::Interrupted, "interrupted, and cancelled")
            .hint(format!("`umb deploy {}` begins anew", spec.name)),
    )
}

fn left_running(target: &CloudStage) -> Failure {
    let stage = &target.stage.spec.name;
    Failure::new(Kind::Interrupted, "interrupted").hint(format!(
        "CloudFormation ends what it has begun: `umb watch {stage}` follows it, `umb cancel {stage}` \
         cancels it; the same command goes on from there"
    ))
}

/// Shows where stacks stand.
pub(super) fn show(ui: &Ui, rests: &[Rest]) {
    for rest in rests {
        ui.rest(rest);
    }
}
