//! Change sets that were created and are neither executed nor deleted yet.

use std::sync::{Arc, Mutex};

use uuid::Uuid;

use crate::aws::error::Error;

use super::change_set::ChangeSet;
use super::client::CloudFormation;

/// The pending change sets of this run. However the run ends, they can be deleted.
#[derive(Debug, Clone, Default)]
pub(crate) struct PendingChangeSets(Arc<Mutex<Vec<Pending>>>);

#[derive(Debug)]
struct Pending {
    change_set: ChangeSet,
    /// Whether the stack exists only for this change set.
    is_new: bool,
}

impl PendingChangeSets {
    /// Remembers a change set; `is_new` if its stack exists only for it.
    pub(crate) fn add(&self, change_set: ChangeSet, is_new: bool) {
        if let Ok(mut pending) = self.0.lock() {
            pending.push(Pending { change_set, is_new });
        }
    }

    /// Forgets a change set that was executed, or is kept for later.
    pub(crate) fn keep(&self, change_set: &ChangeSet) {
        if let Ok(mut pending) = self.0.lock() {
            pending.retain(|pending| pending.change_set != *change_set);
        }
    }

    /// Deletes all pending change sets, and the stacks that exist only for them. A stack that somebody else has
    /// created meanwhile, or is about to, stays.
    pub(crate) async fn discard(&self, cloudformation: &CloudFormation) -> Result<(), Error> {
        let pending = self.0.lock().map(|mut all| std::mem::take(&mut *all));
        for Pending { change_set, is_new } in pending.unwrap_or_default() {
            cloudformation.delete_change_set(&change_set).await?;
            if !is_new {
                continue;
            }
            let arn = &change_set.stack_arn;
            let stack = cloudformation.stack(arn).await?;
            let is_empty = stack.is_some_and(|stack| stack.status.is_in_review());
            if is_empty && !cloudformation.has_change_sets(arn).await? {
                let token = Uuid::new_v4().to_string();
                cloudformation.delete_stack(arn, &token).await?;
            }
        }
        Ok(())
    }
}
