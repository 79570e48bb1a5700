//! Change sets that were made and are neither executed nor thrown away yet.

use std::sync::{Arc, Mutex};

use uuid::Uuid;

use crate::aws::cloudformation::{
    Change, ChangeSet, ChangeSetRequest, CloudFormation, Computed, Mode,
};
use crate::template;
use crate::wait::{self, Pace};

use super::Error;

/// The change sets of this run that wait. However the run ends, they can be thrown away.
#[derive(Debug, Clone, Default)]
pub(super) struct Proposals(Arc<Mutex<Vec<Proposal>>>);

/// What a change set is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Make a stack.
    Create,
    /// Make a stack, and take into it what is there already under the names of its template.
    Adopt,
    /// Change a stack.
    Update,
}

#[derive(Debug)]
struct Proposal {
    change_set: ChangeSet,
    is_new: bool,
}

impl Proposals {
    /// Asks for a change set under a name that no other run has, and that says what it is for.
    pub(super) async fn make(
        &self,
        cloudformation: &CloudFormation,
        wanted: &template::Stack,
        kind: Kind,
        mode: Mode,
    ) -> Result<ChangeSet, Error> {
        let change_set = cloudformation
            .create_change_set(&ChangeSetRequest {
                name: &format!("{}{}", name_prefix(wanted), Uuid::new_v4()),
                stack: &wanted.name,
                is_new: kind != Kind::Update,
                template: &wanted.template.to_string(),
                parameters: &wanted.parameters,
                tags: &wanted.tags,
                adopts: kind == Kind::Adopt,
                role: wanted.role.as_deref(),
                mode,
            })
            .await?;
        if let Ok(mut proposals) = self.0.lock() {
            proposals.push(Proposal {
                change_set: change_set.clone(),
                is_new: kind != Kind::Update,
            });
        }
        Ok(change_set)
    }

    /// No longer minds a change set: it was executed, or is kept for later.
    pub(super) fn release(&self, change_set: &ChangeSet) {
        if let Ok(mut proposals) = self.0.lock() {
            proposals.retain(|proposal| proposal.change_set != *change_set);
        }
    }

    /// Throws away what waits, and with it a stack that was only made for its change set; one that
    /// somebody else has brought to life meanwhile, or is about to, stays.
    pub(super) async fn discard(&self, cloudformation: &CloudFormation) -> Result<(), Error> {
        let waiting = self.0.lock().map(|mut all| std::mem::take(&mut *all));
        for proposal in waiting.unwrap_or_default() {
            cloudformation
                .delete_change_set(&proposal.change_set)
                .await?;
            if !proposal.is_new {
                continue;
            }
            let arn = &proposal.change_set.stack_arn;
            let stack = cloudformation.stack(arn).await?;
            let is_phantom = stack.is_some_and(|stack| stack.status.is_in_review());
            if is_phantom && !cloudformation.has_change_sets(arn).await? {
                let token = Uuid::new_v4().to_string();
                cloudformation.delete_stack(arn, &token).await?;
            }
        }
        Ok(())
    }
}

/// What the names of the change sets begin with that make a stack so.
fn name_prefix(wanted: &template::Stack) -> String {
    format!("umb-{}-", wanted.digest)
}

/// Whether the change set that was executed last, if CloudFormation tells it, was one that made the
/// stack so: otherwise somebody changed it in another way since.
pub(super) fn made_it_so(last: Option<&str>, wanted: &template::Stack) -> bool {
    last.is_none_or(|arn| {
        // arn:aws:cloudformation:REGION:ACCOUNT:changeSet/NAME/ID
        let name = arn.split('/').nth(1);
        name.is_some_and(|name| name.starts_with(&name_prefix(wanted)))
    })
}

/// Waits until the change set is computed; `None` where it would change nothing.
pub(super) async fn compute(
    cloudformation: &CloudFormation,
    wanted: &template::Stack,
    change_set: &ChangeSet,
) -> Result<Option<Vec<Change>>, Error> {
    let computed = wait::until(Pace::STACK, async || {
        cloudformation.computed(change_set).await
    });
    let reason = match computed.await? {
        Computed::Ready(changes) => return Ok(Some(changes)),
        Computed::Empty => return Ok(None),
        Computed::Failed(reason) => reason,
    };
    // Where CloudFormation has looked at the resources beforehand, it says more here.
    let found = cloudformation.validation_failures(change_set).await;
    let reasons: Vec<_> = found
        .unwrap_or_default()
        .into_iter()
        .filter_map(|event| Some(format!("{}: {}", event.logical_id, event.reason?)))
        .collect();
    Err(Error::ChangeSetFailed {
        stack: wanted.name.clone(),
        reason: if reasons.is_empty() {
            reason
        } else {
            reasons.join("; ")
        },
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_change_set_that_umb_did_not_make_for_this_made_it_otherwise() {
        let wanted = template::Stack {
            name: "App-Dev-Stateful".to_owned(),
            template: serde_json::Value::Null,
            parameters: BTreeMap::new(),
            tags: BTreeMap::new(),
            digest: "00ff".to_owned(),
            role: None,
        };
        let made_by = |name: &str| {
            let arn = format!("arn:aws:cloudformation:eu-west-1:111111111111:changeSet/{name}/1");
            made_it_so(Some(&arn), &wanted)
        };
        assert!(made_by("umb-00ff-1"));
        assert!(!made_by("umb-00fe-1"));
        assert!(!made_by("by-hand"));
        // Where CloudFormation does not tell, the mark alone decides.
        assert!(made_it_so(None, &wanted));
    }
}
