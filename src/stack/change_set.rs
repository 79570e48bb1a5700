//! Requests change sets and waits until CloudFormation has computed them.

use uuid::Uuid;

use crate::aws::AwsEnv;
use crate::aws::cloudformation::{
    Change, ChangeSet, ChangeSetRequest, Computed, Mode, TemplateSource,
};
use crate::template::RenderedStack;
use crate::wait::{self, Pace};

use super::asset_bucket;
use super::error::Error;

/// The largest template in a request, in bytes:
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>.
pub(crate) const LARGEST_BODY: usize = 51_200;

/// What a change set does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Creates a stack.
    Create,
    /// Creates a stack, and imports into it the resources that already exist under the template's names.
    Import,
    /// Updates a stack.
    Update,
}

/// Requests a change set. Its name is unique to this run and says what the change set makes of the stack. It stays
/// pending until it is executed or kept.
pub(super) async fn create(
    env: &AwsEnv,
    rendered: &RenderedStack,
    kind: Kind,
    mode: Mode,
) -> Result<ChangeSet, Error> {
    let name = format!("{}{}", name_prefix(rendered), Uuid::new_v4());
    create_named(env, rendered, &name, kind, mode).await
}

/// Requests a change set of an existing stack, and first deletes another one of this name. It stays pending until it is
/// executed or kept.
pub(super) async fn replace(
    env: &AwsEnv,
    rendered: &RenderedStack,
    name: &str,
) -> Result<ChangeSet, Error> {
    let cloudformation = env.cloudformation();
    if let Some(old) = cloudformation.change_set(&rendered.name(), name).await? {
        cloudformation.delete_change_set(&old).await?;
    }
    create_named(env, rendered, name, Kind::Update, Mode::Standard).await
}

/// Requests a change set of this name. It stays pending until it is executed or kept.
pub(super) async fn create_named(
    env: &AwsEnv,
    rendered: &RenderedStack,
    name: &str,
    kind: Kind,
    mode: Mode,
) -> Result<ChangeSet, Error> {
    let is_new = kind != Kind::Update;
    // Nothing of a stack that does not exist has drifted: CloudFormation takes this mode for updates only. Source:
    // <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/drift-aware-change-sets.html>.
    let mode = match mode {
        Mode::RevertDrift if is_new => Mode::Standard,
        mode => mode,
    };
    let text = rendered.template.to_string();
    let url = if text.len() > LARGEST_BODY {
        Some(asset_bucket::put_template(env, &rendered.id, &text).await?)
    } else {
        None
    };
    let by_url = url.as_deref().map(TemplateSource::Url);
    let change_set = env
        .cloudformation()
        .create_change_set(&ChangeSetRequest {
            name,
            stack: &rendered.name(),
            is_new,
            template: by_url.unwrap_or(TemplateSource::Body(&text)),
            parameters: &rendered.parameters,
            tags: &rendered.tags,
            imports: kind == Kind::Import,
            role: rendered.role.as_deref(),
            mode,
        })
        .await?;
    env.pending().add(change_set.clone(), is_new);
    Ok(change_set)
}

/// Waits until the change set is computed; `None` where it would change nothing.
pub(super) async fn compute(
    env: &AwsEnv,
    rendered: &RenderedStack,
    change_set: &ChangeSet,
) -> Result<Option<Vec<Change>>, Error> {
    let cloudformation = env.cloudformation();
    let computed = wait::until(Pace::STACK, async || {
        cloudformation.computed(change_set).await
    });
    let reason = match computed.await? {
        Computed::Ready(changes) => return Ok(Some(changes)),
        Computed::Empty => return Ok(None),
        Computed::Failed(reason) => reason,
    };
    // Where CloudFormation validates resources beforehand, the events say more.
    let found = cloudformation.validation_failures(change_set).await;
    let reasons: Vec<_> = found
        .unwrap_or_default()
        .into_iter()
        .filter_map(|event| Some(format!("{}: {}", event.logical_id, event.reason?)))
        .collect();
    Err(Error::ChangeSetFailed {
        stack: rendered.id.clone(),
        reason: if reasons.is_empty() {
            reason
        } else {
            reasons.join("; ")
        },
    })
}

/// Whether a change set that was made for `rendered` is the last one that was executed on the stack. If CloudFormation
/// does not say which one was, it counts as that one.
pub(super) fn was_created_for(last: Option<&str>, rendered: &RenderedStack) -> bool {
    last.is_none_or(|arn| {
        // arn:aws:cloudformation:REGION:ACCOUNT:changeSet/NAME/ID
        let name = arn.split('/').nth(1);
        name.is_some_and(|name| name.starts_with(&name_prefix(rendered)))
    })
}

/// Returns what the names of all change sets begin with that were made for `rendered`.
fn name_prefix(rendered: &RenderedStack) -> String {
    format!("umb-{}-", rendered.digest)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::model::{App, StackRef, StageName};

    use super::*;

    #[test]
    fn a_change_set_that_umb_did_not_make_for_this_was_not_created_for_it() {
        let rendered = RenderedStack {
            id: StackRef::stateful(&App::default(), &StageName::dev()),
            template: serde_json::Value::Null,
            parameters: BTreeMap::new(),
            tags: BTreeMap::new(),
            digest: "00ff".to_owned(),
            role: None,
        };
        let named = |name: &str| {
            let arn = format!("arn:aws:cloudformation:eu-west-1:111111111111:changeSet/{name}/1");
            was_created_for(Some(&arn), &rendered)
        };
        assert!(named("umb-00ff-1"));
        assert!(!named("umb-00fe-1"));
        assert!(!named("by-hand"));
        assert!(was_created_for(None, &rendered));
    }
}
