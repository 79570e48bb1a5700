//! Brings a stage to what a plan says: exactly its change sets, stack by stack.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::aws::cloudformation::{ChangeSet, CloudFormation, Mode, Since, Stack};
use crate::template;

use super::desired::{Desired, Wanted};
use super::diagnose::explain;
use super::follow::{Ended, follow};
use super::plan::{self, Before, Plan, StackAction, StackPlan};
use super::proposals::{Kind, compute};
use super::protect::protect;
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
/// Also when somebody else was faster: see [`Error::is_lost_race`].
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
    let applier = Applier::new(cloud, reporter);
    let had = standing.retains_table();
    let wants = desired.stage.protected;
    let [planned_table, planned_api] = [&plan.stacks[0], &plan.stacks[1]];
    let [table_mode, api_mode] = desired.modes();
    let mut sent = false;
    let mut wanted = wanted.clone();
    if planned_api.action != StackAction::None {
        sent = match applier.publish(desired, &wanted).await {
            Err(Error::NoNamespace) if standing.stateless.is_none() => {
                wanted = desired.in_global_bucket(cloud, &wanted)?;
                applier.publish(desired, &wanted).await?
            }
            sent => sent?,
        };
    }

    let existing = standing.stateful.as_ref();
    let stack = applier
        .apply(planned_table, &wanted.stateful, existing, table_mode)
        .await?;
    protect(cloud, &stack, wants, had).await?;
    done(Deployed::of(cloud, planned_table, stack));

    let existing = standing.stateless.as_ref();
    let stack = applier
        .apply(planned_api, &wanted.stateless, existing, api_mode)
        .await?;
    if planned_api.reconciles_code {
        code::put(cloud, &stack, desired.artifact, reporter).await?;
    }
    protect(cloud, &stack, wants, had).await?;
    if sent {
        asset::expire(cloud, &wanted.bucket).await?;
    }
    done(Deployed::of(cloud, planned_api, stack));
    Ok(())
}

/// Brings stacks to what their plans say.
pub(super) struct Applier<'a> {
    cloud: &'a Cloud,
    cloudformation: CloudFormation,
    reporter: &'a dyn Reporter,
}

impl Deployed {
    pub(super) fn of(cloud: &Cloud, planned: &StackPlan, stack: Stack) -> Self {
        Self {
            stack: stack.name,
            outcome: planned.action,
            outputs: cloud.reachable(stack.outputs),
        }
    }
}

impl<'a> Applier<'a> {
    pub(super) fn new(cloud: &'a Cloud, reporter: &'a dyn Reporter) -> Self {
        Self {
            cloud,
            cloudformation: cloud.cloudformation(),
            reporter,
        }
    }

    /// Sends the artifact, if it is not there yet; answers whether it was sent.
    async fn publish(&self, desired: &Desired<'_>, wanted: &Wanted) -> Result<bool, Error> {
        let key = template::handler_key(desired.artifact.sha256);
        asset::publish(&wanted.bucket, &key, desired.artifact.zip, self.reporter).await
    }

    /// Applies one stack's plan; answers the stack as it is then.
    pub(super) async fn apply(
        &self,
        planned: &StackPlan,
        wanted: &template::Stack,
        existing: Option<&Stack>,
        mode: Mode,
    ) -> Result<Stack, Error> {
        match (existing, &planned.change_set) {
            (Some(existing), Some(change_set)) => {
                let since = self.cloudformation.since_now(&existing.arn).await?;
                self.execute(change_set, existing, since, Operation::Update)
                    .await
            }
            (Some(existing), None) => Ok(existing.clone()),
            (None, _) if planned.adopts() => self.create(wanted, Kind::Adopt, mode).await,
            (None, _) => self.create(wanted, Kind::Create, mode).await,
        }
    }

    async fn create(
        &self,
        wanted: &template::Stack,
        kind: Kind,
        mode: Mode,
    ) -> Result<Stack, Error> {
        let change_set = self.cloud.propose(wanted, kind, mode).await?;
        let computed = compute(&self.cloudformation, wanted, &change_set).await?;
        if computed.is_none() {
            return Err(Error::ChangeSetFailed {
                stack: wanted.name.clone(),
                reason: "it would make an empty stack".to_owned(),
            });
        }
        let stack = self.cloudformation.stack(&change_set.stack_arn).await?;
        let Some(stack) = stack else {
            return Err(Error::Moved {
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
    ) -> Result<Stack, Error> {
        let token = Uuid::new_v4().to_string();
        self.cloudformation
            .execute_change_set(change_set, &token)
            .await?;
        self.cloud.release(change_set);
        self.reporter.report(Event::StackStarted {
            stack: stack.name.clone(),
            operation,
        });
        let Ended { stack, failures } =
            follow(&self.cloudformation, stack, since, self.reporter).await?;
        self.reporter.report(Event::StackFinished {
            stack: stack.name.clone(),
            status: stack.status.clone(),
        });
        if stack.status.is_success() {
            Ok(stack)
        } else if stack.status.is_deleted() {
            // Another one of that name: somebody did not only delete it, but makes it anew.
            Err(match self.cloudformation.stack(&stack.name).await? {
                Some(_) => Error::Moved { stack: stack.name },
                None => Error::DeletedMeanwhile { stack: stack.name },
            })
        } else {
            let diagnosis = explain(self.cloud, &self.cloudformation, &stack, failures).await;
            Err(Error::StackFailed {
                diagnosis: diagnosis.into(),
            })
        }
    }
}
