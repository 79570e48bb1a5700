//! Follows an operation on a stack to its end.

use std::time::Duration;

use tokio::time::Instant;

use crate::aws::cloudformation::{CloudFormation, Since, Stack, Status};
use crate::wait::{self, Look, Pace};

use super::diagnose::Failures;
use super::{Cloud, Error, Event, Reporter};

/// Events say how it goes, and often enough: the stack itself is asked every so many looks, and
/// whenever events say that it has ended, or say nothing.
const LOOKS_PER_STATUS: u32 = 5;
/// How long a stack may take to show that something began. Its status alone, read too soon, is that of
/// the operation before.
const BEGINNING: Duration = Duration::from_secs(30);
/// How long AWS may be out of reach. CloudFormation goes on meanwhile.
const OUT_OF_REACH: Duration = Duration::from_mins(15);

/// How an operation ended.
pub(super) struct Ended {
    pub(super) stack: Stack,
    pub(super) failures: Failures,
}

/// Waits until the stack no longer moves, and reports what happens to its resources `since`.
///
/// The stack's own status alone decides when that is and how it ended. Events are only told: one that
/// cannot be read is told later or never. Nor does a fault of the line end the waiting: CloudFormation
/// goes on all the same.
///
/// # Errors
/// [`Error::LostSight`], when umb cannot see any more how it goes on.
pub(super) async fn follow(
    cloudformation: &CloudFormation,
    stack: &Stack,
    since: Since,
    reporter: &dyn Reporter,
) -> Result<Ended, Error> {
    let mut follower = Follower {
        cloudformation,
        stack,
        reporter,
        since,
        failures: Failures::default(),
        has_begun: stack.status.is_moving(),
        started: Instant::now(),
        seen: Instant::now(),
        looks: 0,
    };
    let stack = wait::until(Pace::STACK, async || follower.look().await)
        .await
        .map_err(|source| Error::LostSight {
            stack: stack.name.clone(),
            source,
        })?;
    Ok(Ended {
        failures: follower.failures,
        stack,
    })
}

/// The stack when whatever goes on with it, perhaps begun by another run, has ended.
pub(super) async fn ended(
    cloud: &Cloud,
    stack: Stack,
    reporter: &dyn Reporter,
) -> Result<Stack, Error> {
    if !stack.status.is_moving() {
        return Ok(stack);
    }
    reporter.report(Event::Warning {
        text: format!("{} is {}: waiting for its end", stack.name, stack.status),
    });
    let cloudformation = cloud.cloudformation();
    let followed = follow(&cloudformation, &stack, Since::LastOperation, reporter).await?;
    Ok(followed.stack)
}

struct Follower<'a> {
    cloudformation: &'a CloudFormation,
    stack: &'a Stack,
    reporter: &'a dyn Reporter,
    since: Since,
    failures: Failures,
    has_begun: bool,
    started: Instant,
    /// When AWS answered last.
    seen: Instant,
    looks: u32,
}

/// What the newest events say.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    GoesOn,
    Ended,
    Nothing,
}

impl Follower<'_> {
    async fn look(&mut self) -> Result<Look<Stack>, crate::aws::Error> {
        let told = self.tell().await;
        let is_turn = self.looks.is_multiple_of(LOOKS_PER_STATUS);
        self.looks += 1;
        if told == Told::GoesOn && !is_turn {
            return Ok(Look::Wait);
        }
        let now = match self.cloudformation.stack(&self.stack.arn).await {
            Err(error) if error.cause().is_transient() => return self.out_of_reach(error),
            now => now?,
        };
        self.seen = Instant::now();
        // Some implementations forget a deleted stack at once.
        let Some(now) = now else {
            self.tell().await;
            return Ok(Look::Done(Stack {
                status: Status::new("DELETE_COMPLETE"),
                ..self.stack.clone()
            }));
        };
        if now.status.is_moving() {
            self.has_begun = true;
        } else if self.has_begun || self.started.elapsed() > BEGINNING {
            self.tell().await;
            return Ok(Look::Done(now));
        }
        Ok(Look::Wait)
    }

    /// Reports what happened since the last time.
    async fn tell(&mut self) -> Told {
        let events = self
            .cloudformation
            .events(&self.stack.arn, &self.since)
            .await;
        let Ok(events) = events else {
            return Told::Nothing;
        };
        let mut told = Told::GoesOn;
        for event in events {
            self.since = Since::Event(event.id.clone());
            self.failures.note(&event, &self.stack.arn);
            if event.is_of_stack(&self.stack.arn) {
                // What happens to the stack itself is for the caller to tell.
                self.has_begun = true;
                told = if event.status.is_moving() {
                    Told::GoesOn
                } else {
                    Told::Ended
                };
            } else {
                self.reporter.report(Event::Resource {
                    stack: self.stack.name.clone(),
                    event,
                });
            }
        }
        told
    }

    fn out_of_reach(&self, error: crate::aws::Error) -> Result<Look<Stack>, crate::aws::Error> {
        if self.seen.elapsed() > OUT_OF_REACH {
            Err(error)
        } else {
            Ok(Look::BackOff)
        }
    }
}
