//! Follows an operation on a stack to its end.

use crate::aws::cloudformation::{CloudFormation, Stack, StackEvent, Status};
use crate::wait::{self, Pace};

use super::error::FirstFailure;
use super::{Error, Event, Reporter};

/// How an operation ended.
pub(super) struct Ended {
    pub(super) stack: Stack,
    pub(super) first_failure: Option<FirstFailure>,
}

/// Waits until the stack no longer moves, and reports what happens to its resources meanwhile.
///
/// The stack's own status alone decides that and how it ended. Events are only told: one that
/// cannot be read is told later or never. Nor does a fault of the line end the waiting: CloudFormation
/// goes on all the same.
pub(super) async fn follow(
    cloudformation: &CloudFormation,
    stack: &Stack,
    seen: Option<String>,
    reporter: &dyn Reporter,
) -> Result<Ended, Error> {
    let mut feed = Feed {
        last: seen,
        told: Vec::new(),
    };
    let stack = wait::until(Pace::STACK, async || {
        let now = match cloudformation.stack(&stack.arn).await {
            Err(error) if error.cause().is_transient() => return Ok(None),
            now => now?,
        };
        feed.read(cloudformation, stack, reporter).await;
        Ok::<_, Error>(match now {
            // Some implementations forget a deleted stack at once.
            None => Some(Stack {
                status: Status::new("DELETE_COMPLETE"),
                ..stack.clone()
            }),
            Some(now) => (!now.status.is_moving()).then_some(now),
        })
    })
    .await?;
    Ok(Ended {
        first_failure: first_failure(&feed.told, &stack),
        stack,
    })
}

struct Feed {
    last: Option<String>,
    told: Vec<StackEvent>,
}

impl Feed {
    async fn read(
        &mut self,
        cloudformation: &CloudFormation,
        stack: &Stack,
        reporter: &dyn Reporter,
    ) {
        let Ok(events) = cloudformation
            .events(&stack.arn, self.last.as_deref())
            .await
        else {
            return;
        };
        for event in events {
            self.last = Some(event.id.clone());
            self.told.push(event.clone());
            // Not what happens to the stack itself: that is what the caller tells.
            if event.physical_id != stack.arn {
                reporter.report(Event::Resource { event });
            }
        }
    }
}

/// The earliest failure of a resource that is one of its own: CloudFormation cancels everything
/// else after it, and says so of each.
fn first_failure(events: &[StackEvent], stack: &Stack) -> Option<FirstFailure> {
    let failures = || {
        events
            .iter()
            .filter(|event| event.status.is_failure() && event.physical_id != stack.arn)
    };
    let own = failures().find(|event| {
        !event
            .reason
            .as_deref()
            .is_some_and(|reason| reason.contains("cancelled"))
    });
    own.or_else(|| failures().next()).map(|event| FirstFailure {
        logical_id: event.logical_id.clone(),
        resource_type: event.resource_type.clone(),
        status: event.status.clone(),
        reason: event
            .reason
            .clone()
            .unwrap_or_else(|| "no reason given".to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(logical_id: &str, status: &str, reason: &str) -> StackEvent {
        StackEvent {
            id: logical_id.to_owned(),
            logical_id: logical_id.to_owned(),
            physical_id: format!("physical-{logical_id}"),
            resource_type: "AWS::Some::Thing".to_owned(),
            status: Status::new(status),
            reason: (!reason.is_empty()).then(|| reason.to_owned()),
        }
    }

    fn stack() -> Stack {
        Stack {
            arn: "physical-Stack".to_owned(),
            name: "Stack".to_owned(),
            status: Status::new("ROLLBACK_COMPLETE"),
            outputs: [].into(),
            parameters: [].into(),
            tags: [].into(),
        }
    }

    #[test]
    fn the_first_failure_is_the_one_that_is_not_a_consequence() {
        let events = [
            event("Fine", "CREATE_COMPLETE", ""),
            event("Cancelled", "CREATE_FAILED", "Resource creation cancelled"),
            event("Culprit", "CREATE_FAILED", "Quota exceeded"),
            event("Later", "CREATE_FAILED", "Something else"),
            event(
                "Stack",
                "ROLLBACK_FAILED",
                "The following resource(s) failed",
            ),
        ];
        let first = first_failure(&events, &stack()).expect("a failure");
        assert_eq!(first.logical_id, "Culprit");
        assert_eq!(first.reason, "Quota exceeded");
    }

    #[test]
    fn cancelled_ones_are_better_than_none() {
        let events = [event(
            "Cancelled",
            "CREATE_FAILED",
            "Resource creation cancelled",
        )];
        let first = first_failure(&events, &stack()).expect("a failure");
        assert_eq!(first.logical_id, "Cancelled");
        assert_eq!(first_failure(&[], &stack()), None);
    }
}
