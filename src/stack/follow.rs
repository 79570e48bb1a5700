//! Follows an operation on a stack to its end.

use std::time::Duration;

use tokio::time::Instant;

use crate::aws::cloudformation::{CloudFormation, Since, Stack, Status};
use crate::aws::{self, AwsEnv};
use crate::wait::{self, Pace};

use super::deployed::DeployedStack;
use super::diagnose::Failures;
use super::error::Error;
use super::event::{Event, Operation, Reporter};

/// How many times events are read for each time that the stack itself is. Events show progress often enough; the stack
/// is read in between if they say that it has ended, or nothing.
const LOOKS_PER_STATUS: u32 = 5;
/// How long a stack may take to show that an operation has started. A status that is read too early is that of the
/// operation before.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// How an operation ended.
pub(super) struct Ended {
    pub(super) stack: DeployedStack,
    pub(super) failures: Failures,
}

/// Reports that an operation has started, follows it, and reports that it has finished.
///
/// # Errors
/// [`Error::LostContact`], when umb can no longer see how it continues.
pub(super) async fn follow_to_end(
    env: &AwsEnv,
    stack: &DeployedStack,
    since: Since,
    operation: Operation,
    reporter: &dyn Reporter,
) -> Result<Ended, Error> {
    reporter.report(Event::StackStarted {
        stack: stack.id.name(),
        operation,
    });
    let ended = follow(&env.cloudformation(), stack, since, reporter).await?;
    reporter.report(Event::StackFinished {
        stack: stack.id.name(),
        status: ended.stack.status().clone(),
    });
    Ok(ended)
}

/// Waits until an operation that is still running on the stack, perhaps started by another run, has ended; returns the
/// stack as it is then.
pub(super) async fn wait_for_end(
    env: &AwsEnv,
    stack: DeployedStack,
    reporter: &dyn Reporter,
) -> Result<DeployedStack, Error> {
    if !stack.status().is_moving() {
        return Ok(stack);
    }
    reporter.report(Event::Warning {
        text: format!(
            "{} is {}: waiting until that has ended",
            stack.id,
            stack.status()
        ),
    });
    let followed = follow(
        &env.cloudformation(),
        &stack,
        Since::LastOperation,
        reporter,
    )
    .await?;
    Ok(followed.stack)
}

/// Waits until no operation is running on the stack, and reports what happens to its resources.
///
/// The stack's own status alone decides when that is and how it ended. Events are only reported: one that cannot be read
/// is reported later or never. Nor does a network failure end the waiting, because CloudFormation continues anyway.
async fn follow(
    cloudformation: &CloudFormation,
    stack: &DeployedStack,
    since: Since,
    reporter: &dyn Reporter,
) -> Result<Ended, Error> {
    let mut follower = Follower {
        cloudformation,
        stack: &stack.details,
        reporter,
        since,
        failures: Failures::default(),
        has_started: stack.status().is_moving(),
        asked: Instant::now(),
        looks: 0,
    };
    let details = wait::until(Pace::STACK, async || follower.look().await)
        .await
        .map_err(|source| Error::LostContact {
            stack: stack.id.clone(),
            source,
        })?;
    Ok(Ended {
        failures: follower.failures,
        stack: stack.with(details),
    })
}

struct Follower<'a> {
    cloudformation: &'a CloudFormation,
    stack: &'a Stack,
    reporter: &'a dyn Reporter,
    since: Since,
    failures: Failures,
    has_started: bool,
    /// When the following started.
    asked: Instant,
    looks: u32,
}

/// What the newest events say about the operation.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    Running,
    Ended,
    Unknown,
}

impl Follower<'_> {
    async fn look(&mut self) -> Result<Option<Stack>, aws::Error> {
        let progress = self.report_events().await;
        let is_turn = self.looks.is_multiple_of(LOOKS_PER_STATUS);
        self.looks += 1;
        if progress == Progress::Running && !is_turn {
            return Ok(None);
        }
        let now = self.cloudformation.stack(&self.stack.arn).await?;
        // Some emulators forget a deleted stack at once.
        let Some(now) = now else {
            self.report_events().await;
            return Ok(Some(Stack {
                status: Status::new("DELETE_COMPLETE"),
                ..self.stack.clone()
            }));
        };
        // Events may be ahead of the stack: this may still be what it was before the operation.
        let is_old = now.status == self.stack.status && now.changed == self.stack.changed;
        if now.status.is_moving() {
            self.has_started = true;
        } else if (self.has_started && !is_old) || self.asked.elapsed() > START_TIMEOUT {
            self.report_events().await;
            return Ok(Some(now));
        }
        Ok(None)
    }

    /// Reports what happened since the last time.
    async fn report_events(&mut self) -> Progress {
        let events = self
            .cloudformation
            .events(&self.stack.arn, &self.since)
            .await;
        let Ok(events) = events else {
            return Progress::Unknown;
        };
        let mut progress = Progress::Running;
        for event in events {
            self.since = Since::Event(event.id.clone());
            self.failures.note(&event, &self.stack.arn);
            if event.is_of_stack(&self.stack.arn) {
                // The caller reports what happens to the stack itself.
                self.has_started = true;
                progress = if event.status.is_moving() {
                    Progress::Running
                } else {
                    Progress::Ended
                };
            } else {
                self.reporter.report(Event::Resource {
                    stack: self.stack.name.clone(),
                    event,
                });
            }
        }
        progress
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    use crate::model::{App, StackRef, StageName};

    use super::*;

    const ARN: &str = "arn:aws:cloudformation:eu-west-1:111111111111:stack/App-Dev-Stateful/1";

    /// Collects what is reported.
    #[derive(Default)]
    struct Collected(Mutex<Vec<String>>);

    impl Reporter for Collected {
        fn report(&self, event: Event) {
            let text = match event {
                Event::Resource { event, .. } => format!("{} {}", event.logical_id, event.status),
                other => panic!("{other:?}"),
            };
            self.0.lock().expect("no panic").push(text);
        }
    }

    fn result(action: &str, result: &str) -> (u16, String) {
        let body = format!(
            "<{action}Response><{action}Result>{result}</{action}Result></{action}Response>"
        );
        (200, body)
    }

    fn stack(status: &str) -> (u16, String) {
        let member = format!(
            "<StackId>{ARN}</StackId><StackName>App-Dev-Stateful</StackName>\
             <CreationTime>2026-01-01T00:00:00Z</CreationTime><StackStatus>{status}</StackStatus>"
        );
        result(
            "DescribeStacks",
            &format!("<Stacks><member>{member}</member></Stacks>"),
        )
    }

    fn event(id: &str, resource: &str, physical: &str, status: &str) -> String {
        format!(
            "<member><StackId>{ARN}</StackId><EventId>{id}</EventId><StackName>App-Dev-Stateful</StackName>\
             <LogicalResourceId>{resource}</LogicalResourceId><PhysicalResourceId>{physical}</PhysicalResourceId>\
             <ResourceType>AWS::DynamoDB::Table</ResourceType><Timestamp>2026-01-01T00:00:00Z</Timestamp>\
             <ResourceStatus>{status}</ResourceStatus></member>"
        )
    }

    async fn followed(
        conversation: impl FnMut(&str) -> Option<(u16, String)> + Send + 'static,
    ) -> (Result<Ended, Error>, Vec<String>) {
        let cloudformation = CloudFormation::replayed(conversation);
        let details = Stack {
            arn: ARN.to_owned(),
            name: "App-Dev-Stateful".to_owned(),
            status: Status::new("UPDATE_COMPLETE"),
            status_reason: None,
            outputs: BTreeMap::new(),
            parameters: BTreeMap::new(),
            tags: BTreeMap::new(),
            change_set: None,
            changed: None,
            last_operation: None,
            role: None,
            is_protected: false,
            drift: None,
        };
        let id = StackRef::stateful(&App::default(), &StageName::dev());
        let stack = DeployedStack::new(id, details);
        let collected = Collected::default();
        let since = Since::Event("0".to_owned());
        let ended = follow(&cloudformation, &stack, since, &collected).await;
        (ended, collected.0.into_inner().expect("no panic"))
    }

    /// Events of an update, the newest first, as CloudFormation lists them. The last one is that of an operation before.
    fn events(newest: usize) -> (u16, String) {
        let mut events = vec![
            event("4", "App-Dev-Stateful", ARN, "UPDATE_COMPLETE"),
            event("3", "Table", "table", "UPDATE_COMPLETE"),
            event("2", "Table", "table", "UPDATE_IN_PROGRESS"),
            event("1", "App-Dev-Stateful", ARN, "UPDATE_IN_PROGRESS"),
            event("0", "App-Dev-Stateful", ARN, "UPDATE_COMPLETE"),
        ];
        events.drain(..4 - newest);
        let events = format!("<StackEvents>{}</StackEvents>", events.concat());
        result("DescribeStackEvents", &events)
    }

    #[tokio::test(start_paused = true)]
    async fn a_status_from_before_the_operation_is_not_its_end() {
        let mut looks = 0;
        let (ended, reported) = followed(move |action| match action {
            "DescribeStackEvents" => {
                looks += 1;
                Some(events((looks / 2).min(4)))
            }
            _ => Some(stack("UPDATE_COMPLETE")),
        })
        .await;
        assert!(ended.expect("ended").stack.status().is_success());
        assert_eq!(
            reported,
            ["Table UPDATE_IN_PROGRESS", "Table UPDATE_COMPLETE"]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_network_that_is_down_for_a_while_does_not_end_the_following() {
        let started = Instant::now();
        let (ended, _) = followed(move |action| {
            let is_down = (30..600).contains(&started.elapsed().as_secs());
            match action {
                _ if is_down => None,
                "DescribeStackEvents" => Some(events(1)),
                _ if started.elapsed().as_secs() < 700 => Some(stack("UPDATE_IN_PROGRESS")),
                _ => Some(stack("UPDATE_COMPLETE")),
            }
        })
        .await;
        assert!(ended.expect("ended").stack.status().is_success());
    }

    #[tokio::test(start_paused = true)]
    async fn contact_is_lost_after_a_quarter_of_an_hour() {
        let started = Instant::now();
        let (ended, reported) = followed(|_| None).await;
        assert!(matches!(ended, Err(Error::LostContact { .. })));
        assert!(started.elapsed() > Duration::from_mins(15));
        assert!(reported.is_empty());
    }
}
