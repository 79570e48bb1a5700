//! Brings a stage to what a plan says: exactly its change sets, stack by stack.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::aws::Cause;
use crate::aws::cloudformation::{ChangeSet, CloudFormation, Mode, Since, Stack};
use crate::template;

use super::desired::{Desired, Wanted};
use super::destroy::since_now;
use super::diagnose::explain;
use super::follow::{Ended, follow};
use super::plan::{self, Before, Plan, StackAction};
use super::proposals::compute;
use super::standing::Standing;
use super::{Cloud, Error, Event, Operation, Reporter, asset, code};

/// A stack that is as its template says.
#[derive(Debug, Clone)]
pub(crate) struct Deployed {
    pub(crate) stack: String,
    pub(crate) outcome: StackAction,
    pub(crate) outputs: BTreeMap<String, String>,
}

/// A plan with what it takes to apply it.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    pub(crate) plan: Plan,
    pub(super) wanted: Wanted,
    pub(super) standing: Standing,
}

impl Prepared {
    /// Plans a deploy of what is `desired`, from where the stage is `standing`. Nothing is changed; what
    /// was made for it on AWS goes with [`Cloud::abandon`].
    ///
    /// # Errors
    /// Also when a newer umb deployed last.
    pub(crate) async fn new(
        cloud: &Cloud,
        desired: &Desired<'_>,
        standing: Standing,
        reporter: &dyn Reporter,
    ) -> Result<Self, Error> {
        let wanted = desired.stacks(cloud, &standing, reporter).await?;
        Ok(Self {
            plan: plan::plan(cloud, desired, &wanted, &standing).await?,
            wanted,
            standing,
        })
    }

    /// A plan that was made before, to be applied to the stage as it is `standing` now.
    ///
    /// # Errors
    /// When the plan is another stage's, when what it was made from is not the same any more, or when
    /// a stack was changed meanwhile.
    pub(crate) async fn again(
        cloud: &Cloud,
        desired: &Desired<'_>,
        plan: Plan,
        standing: Standing,
        reporter: &dyn Reporter,
    ) -> Result<Self, Error> {
        refuse_other(cloud, desired, &plan)?;
        let wanted = desired.stacks(cloud, &standing, reporter).await?;
        let templates = [&wanted.stateful, &wanted.stateless];
        let stacks = [&standing.stateful, &standing.stateless];
        for ((planned, template), existing) in plan.stacks.iter().zip(templates).zip(stacks) {
            if planned.digest != template.digest {
                return Err(Error::OtherPlan {
                    reason: format!(
                        "for {} it was made from other settings, or by another umb",
                        planned.stack
                    ),
                });
            }
            if planned.before != existing.as_ref().map(Before::of) {
                return Err(Error::Moved {
                    stack: planned.stack.clone(),
                });
            }
        }
        Ok(Self {
            plan,
            wanted,
            standing,
        })
    }
}

fn refuse_other(cloud: &Cloud, desired: &Desired<'_>, plan: &Plan) -> Result<(), Error> {
    let format = (plan.format.to_string(), plan::FORMAT.to_string());
    let pairs = [
        ("format", format.0.as_str(), format.1.as_str()),
        ("app", &plan.app, &desired.stage.app),
        ("stage", &plan.stage, &desired.stage.name),
        ("account", &plan.account, cloud.account()),
        ("region", &plan.region, cloud.region()),
        ("function", &plan.artifact, desired.artifact.sha256),
    ];
    match pairs.iter().find(|(_, planned, actual)| planned != actual) {
        Some((what, planned, actual)) => Err(Error::OtherPlan {
            reason: format!("its {what} is {planned}, not {actual}"),
        }),
        None if plan.stacks.len() != 2 => Err(Error::OtherPlan {
            reason: "it is not of a stage's two stacks".to_owned(),
        }),
        None => Ok(()),
    }
}

/// Applies a plan: the artifact, then Stateful, then Stateless. `done` gets each stack as soon as it is
/// as its template says. Where it fails, what was not executed goes with [`Cloud::abandon`].
///
/// # Errors
/// Also [`Error::Moved`], when somebody else was faster.
pub(crate) async fn apply(
    cloud: &Cloud,
    desired: &Desired<'_>,
    prepared: &Prepared,
    reporter: &dyn Reporter,
    mut done: impl FnMut(Deployed),
) -> Result<(), Error> {
    let Prepared {
        plan,
        wanted,
        standing,
    } = prepared;
    let applier = Applier {
        cloud,
        cloudformation: cloud.cloudformation(),
        reporter,
    };
    if plan.stacks[1].action != StackAction::None {
        asset::publish(
            &cloud.asset_bucket(&desired.stage.app),
            &template::handler_key(desired.artifact.sha256),
            desired.artifact.zip,
            reporter,
        )
        .await?;
    }
    let templates = [&wanted.stateful, &wanted.stateless];
    let stacks = [&standing.stateful, &standing.stateless];
    let modes = desired.modes();
    for (((planned, template), existing), mode) in
        plan.stacks.iter().zip(templates).zip(stacks).zip(modes)
    {
        let outputs = match (existing, &planned.change_set) {
            (Some(existing), Some(change_set)) => applier.update(existing, change_set).await?,
            (Some(existing), None) => existing.outputs.clone(),
            (None, _) => applier.create(template, mode).await?,
        };
        if let (Some(existing), true) = (existing, planned.reconciles_code) {
            code::put(cloud, existing, desired.artifact, reporter).await?;
        }
        done(Deployed {
            stack: planned.stack.clone(),
            outcome: planned.action,
            outputs: cloud.reachable(outputs),
        });
    }
    Ok(())
}

struct Applier<'a> {
    cloud: &'a Cloud,
    cloudformation: CloudFormation,
    reporter: &'a dyn Reporter,
}

impl Applier<'_> {
    /// Executes the change set of a stack; answers the stack's outputs.
    async fn update(
        &self,
        existing: &Stack,
        change_set: &ChangeSet,
    ) -> Result<BTreeMap<String, String>, Error> {
        let since = since_now(&self.cloudformation, existing).await?;
        self.execute(change_set, existing, since, Operation::Update)
            .await
    }

    /// Makes a stack; answers its outputs.
    async fn create(
        &self,
        wanted: &template::Stack,
        mode: Mode,
    ) -> Result<BTreeMap<String, String>, Error> {
        let change_set = self.cloud.propose(wanted, true, mode).await?;
        let computed = compute(&self.cloudformation, wanted, &change_set).await?;
        if computed.is_none() {
            return Err(Error::ChangeSetFailed {
                stack: wanted.name.clone(),
                reason: "it would make an empty stack".to_owned(),
            });
        }
        let stack = self.cloudformation.stack(&change_set.stack_arn).await?;
        let Some(stack) = stack else {
            return Err(Error::DeletedMeanwhile {
                stack: wanted.name.clone(),
            });
        };
        self.execute(&change_set, &stack, Since::LastOperation, Operation::Create)
            .await
    }

    async fn execute(
        &self,
        change_set: &ChangeSet,
        stack: &Stack,
        since: Since,
        operation: Operation,
    ) -> Result<BTreeMap<String, String>, Error> {
        let executed = self
            .cloudformation
            .execute_change_set(change_set, &Uuid::new_v4().to_string())
            .await;
        if let Err(error) = executed {
            return Err(match error.cause() {
                Cause::Conflict => Error::Moved {
                    stack: stack.name.clone(),
                },
                _ => error.into(),
            });
        }
        self.cloud.release(change_set);
        self.reporter.report(Event::StackStarted {
            stack: stack.name.clone(),
            operation,
        });
        let Ended { stack, failures } =
            follow(&self.cloudformation, stack, since, self.reporter).await?;
        self.reporter.report(Event::StackFinished);
        if stack.status.is_success() {
            Ok(stack.outputs)
        } else if stack.status.is_deleted() {
            Err(Error::DeletedMeanwhile { stack: stack.name })
        } else {
            let diagnosis = explain(self.cloud, &self.cloudformation, &stack, failures).await;
            Err(Error::StackFailed {
                diagnosis: diagnosis.into(),
            })
        }
    }
}
