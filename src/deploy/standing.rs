//! Where a stage's stacks stand, and what must be settled before they can be changed.

use std::collections::BTreeMap;

use crate::aws::cloudformation::Stack;
use crate::template;

use super::follow::ended;
use super::{Cloud, Error, Event, Reporter, destroy};

/// A stage's stacks as they are; one that only waits for its first change set counts as none.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    pub(crate) stateful: Option<Stack>,
    pub(crate) stateless: Option<Stack>,
    /// Whether a stack waits for its first change set.
    has_phantom: bool,
}

impl Standing {
    /// Looks at the stage's stacks.
    ///
    /// # Errors
    /// Also when one of them is not umb's.
    pub(crate) async fn look(cloud: &Cloud, app: &str, stage: &str) -> Result<Self, Error> {
        let cloudformation = cloud.cloudformation();
        let (stateful, stateless) = (
            template::stateful_name(app, stage),
            template::stateless_name(app, stage),
        );
        let (stateful, stateless) = tokio::try_join!(
            cloudformation.stack(&stateful),
            cloudformation.stack(&stateless)
        )?;
        let tags = template::tags(app, stage);
        for stack in [&stateful, &stateless].into_iter().flatten() {
            // A stack that waits for its first change set has no tags yet, and nothing in it.
            if !stack.status.is_in_review() {
                refuse_foreign(stack, &tags)?;
            }
        }
        let is_there = |stack: &Stack| !stack.status.is_in_review();
        let has_phantom = [&stateful, &stateless]
            .into_iter()
            .flatten()
            .any(|stack| stack.status.is_in_review());
        Ok(Self {
            stateful: stateful.filter(is_there),
            stateless: stateless.filter(is_there),
            has_phantom,
        })
    }

    /// The stacks that are there.
    pub(crate) fn stacks(&self) -> impl Iterator<Item = &Stack> {
        self.stateful.iter().chain(&self.stateless)
    }

    /// Whether there is nothing of the stage, not even a stack that waits.
    pub(crate) fn is_empty(&self) -> bool {
        !self.has_phantom && self.stacks().next().is_none()
    }

    /// Whether the stage is protected, as it is deployed.
    pub(crate) fn is_protected(&self) -> bool {
        self.stacks().any(|stack| stack.is_protected) || self.retains_table()
    }

    /// Whether the table outlives its stack.
    pub(super) fn retains_table(&self) -> bool {
        self.stateful
            .as_ref()
            .and_then(|stack| stack.parameters.get(template::PROTECTED))
            .is_some_and(|protected| protected == "true")
    }

    /// Refuses stacks that cannot be changed as they are.
    pub(crate) fn refuse_unsettled(&self) -> Result<(), Error> {
        for stack in self.stacks() {
            if stack.status.is_moving() {
                return Err(Error::Moving {
                    stack: stack.name.clone(),
                    status: stack.status.clone(),
                });
            }
            if !stack.status.is_settled() && !stack.status.is_failed_creation() {
                return Err(needs_repair(stack));
            }
        }
        Ok(())
    }

    /// Brings the stacks to where they can be changed: what is on its way, perhaps by another run, is
    /// followed to its end; what a failed first creation left is cleared away.
    pub(crate) async fn settle(
        self,
        cloud: &Cloud,
        reporter: &dyn Reporter,
    ) -> Result<Self, Error> {
        // Not both at once: people read what happens, one stack after the other.
        Ok(Self {
            stateful: settle(cloud, self.stateful, reporter).await?,
            stateless: settle(cloud, self.stateless, reporter).await?,
            has_phantom: self.has_phantom,
        })
    }

    /// The same, as a plan that only looks sees it.
    pub(crate) fn without_failed_creations(self) -> Self {
        let is_worth_it = |stack: &Stack| !stack.status.is_failed_creation();
        Self {
            stateful: self.stateful.filter(is_worth_it),
            stateless: self.stateless.filter(is_worth_it),
            has_phantom: self.has_phantom,
        }
    }
}

/// Brings one stack, if it is there, to where it can be changed.
pub(super) async fn settle(
    cloud: &Cloud,
    stack: Option<Stack>,
    reporter: &dyn Reporter,
) -> Result<Option<Stack>, Error> {
    let Some(stack) = stack else {
        return Ok(None);
    };
    let stack = ended(cloud, stack, reporter).await?;
    if stack.status.is_deleted() {
        Ok(None)
    } else if stack.status.is_failed_creation() {
        reporter.report(Event::Warning {
            text: format!(
                "{} is what a failed first creation left: it is deleted first",
                stack.name
            ),
        });
        destroy::delete(cloud, &stack, reporter).await?;
        Ok(None)
    } else if stack.status.is_settled() {
        Ok(Some(stack))
    } else {
        Err(needs_repair(&stack))
    }
}

/// That a stack must be brought out of the state that it is in first.
pub(super) fn needs_repair(stack: &Stack) -> Error {
    Error::NeedsRepair {
        stack: stack.name.clone(),
        status: stack.status.clone(),
    }
}

/// Refuses a stack that umb did not make for this stage: its name alone may be anybody's, such as
/// that of the CDK sample, whose stacks are called the same.
pub(super) fn refuse_foreign(
    existing: &Stack,
    tags: &BTreeMap<String, String>,
) -> Result<(), Error> {
    if tags
        .iter()
        .all(|(key, value)| existing.tags.get(key) == Some(value))
    {
        Ok(())
    } else {
        Err(Error::Foreign {
            stack: existing.name.clone(),
        })
    }
}
