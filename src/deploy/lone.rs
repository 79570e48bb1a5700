//! A stack of the app's that is no stage's: the roles that outlive stages and pipeline, or the pipeline.

use crate::aws::cloudformation::{Mode, Stack};
use crate::template;

use super::apply::{Applier, Deployed};
use super::plan::{StackPlan, stack_plan};
use super::standing::{needs_repair, refuse_foreign, settle};
use super::{Cloud, Error, Reporter, destroy};

/// Such a stack, with what it takes to bring it to what its template says.
#[derive(Debug, Clone)]
pub(crate) struct Lone {
    pub(crate) plan: StackPlan,
    wanted: template::Stack,
    existing: Option<Stack>,
}

impl Lone {
    /// Plans what is `wanted`, from where the stack stands. Nothing is changed; what was made for it on AWS goes
    /// with [`Cloud::abandon`].
    ///
    /// # Errors
    /// Also when a stack of that name is not the app's.
    pub(crate) async fn prepare(
        cloud: &Cloud,
        mut wanted: template::Stack,
        reporter: &dyn Reporter,
    ) -> Result<Self, Error> {
        let found = find(cloud, &wanted.name, &wanted.app()).await?;
        let existing = settle(cloud, found, reporter).await?;
        if existing.is_some() {
            // CloudFormation goes on with the role that the stack was made with.
            wanted.role = None;
        }
        let plan = stack_plan(cloud, &wanted, existing.as_ref(), Mode::Standard).await?;
        Ok(Self {
            plan,
            wanted,
            existing,
        })
    }

    /// Plans the same without touching anything, not even what a failed first creation left.
    ///
    /// # Errors
    /// Also when somebody changes the stack just now.
    pub(crate) async fn outline(
        cloud: &Cloud,
        wanted: &template::Stack,
    ) -> Result<StackPlan, Error> {
        let found = find(cloud, &wanted.name, &wanted.app()).await?;
        let existing = found.filter(|stack| !stack.status.is_failed_creation());
        match &existing {
            Some(stack) if stack.status.is_moving() => Err(Error::Moving {
                stack: stack.name.clone(),
                status: stack.status.clone(),
            }),
            Some(stack) if !stack.status.is_settled() => Err(needs_repair(stack)),
            existing => stack_plan(cloud, wanted, existing.as_ref(), Mode::Standard).await,
        }
    }

    /// Does exactly what was planned.
    pub(crate) async fn apply(
        &self,
        cloud: &Cloud,
        reporter: &dyn Reporter,
    ) -> Result<Deployed, Error> {
        let existing = self.existing.as_ref();
        let stack = Applier::new(cloud, reporter)
            .apply(&self.plan, &self.wanted, existing, Mode::Standard)
            .await?;
        Ok(Deployed::of(cloud, &self.plan, stack))
    }
}

/// The app's stack of this name, if it is there; one that waits for its first change set is not.
///
/// # Errors
/// When a stack of that name is not the app's.
pub(crate) async fn find(cloud: &Cloud, name: &str, app: &str) -> Result<Option<Stack>, Error> {
    let found = cloud.cloudformation().stack(name).await?;
    let found = found.filter(|stack| !stack.status.is_in_review());
    if let Some(stack) = &found {
        refuse_foreign(stack, &template::app_tags(app))?;
    }
    Ok(found)
}

/// Deletes the app's stack of this name; answers whether there was one.
pub(crate) async fn destroy_lone(
    cloud: &Cloud,
    name: &str,
    app: &str,
    reporter: &dyn Reporter,
) -> Result<bool, Error> {
    destroy::destroy(cloud, name, &template::app_tags(app), reporter).await
}
