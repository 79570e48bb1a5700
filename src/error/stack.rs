//! What to do about a failed operation on a stack.

use crate::aws;
use crate::aws::cloudformation::Status;
use crate::model::{StackPart, StackRef};
use crate::stack::{Class, Diagnosis, Error};

use super::failure::{Failure, Kind};

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let hint = hint(&error);
        Self::from_error(Kind::Failed, error).hint(hint)
    }
}

/// Returns what to do next.
pub(super) fn hint(error: &Error) -> String {
    match error {
        Error::Aws(error) => super::aws::hint(error).to_owned(),
        Error::Foreign { .. } => {
            "choose another name with `app` in umb.toml, or delete that stack with the tool that \
                                  created it"
                .to_owned()
        }
        Error::NoNamespace => "run the same command again".to_owned(),
        Error::WouldLoseData { logical_id, .. } => format!(
            "nothing was changed; undo the change in umb.toml, use the umb that deployed last, or pass \
             --allow-data-loss {logical_id}"
        ),
        Error::OperationInProgress { stack, .. } => match stack.stage() {
            Some(stage) => {
                format!("`umb watch {stage}` follows it; `umb cancel {stage}` cancels it")
            }
            None => "run the same command again when that has ended".to_owned(),
        },
        Error::StackChanged { stack } => match stack.stage() {
            Some(stage) => format!("`umb plan {stage}` shows what a deploy would change now"),
            None => "run the same command again".to_owned(),
        },
        Error::NeedsRepair { stack, status } => way_out(stack, status),
        Error::NothingTo { stage, .. } => {
            format!("`umb diagnose {stage}` explains how the last operation ended")
        }
        Error::StackFailed { diagnosis } => remedy(diagnosis, &commands(&diagnosis.stack).deploy),
        Error::DestroyFailed { diagnosis } => {
            remedy(diagnosis, &commands(&diagnosis.stack).destroy)
        }
        Error::ChangeSetFailed { .. } | Error::DriftUnknown { .. } => {
            "fix the cause, then run the same command again".to_owned()
        }
        Error::DeletedMeanwhile { stack } => {
            format!("{} creates it again", commands(stack).deploy)
        }
        Error::LostContact { stack, source } => {
            let watch = match stack.stage() {
                Some(stage) => format!("run `umb watch {stage}` to follow it again"),
                None => "run the same command again: it continues from there".to_owned(),
            };
            match source.cause() {
                aws::Cause::ExpiredCredentials => {
                    format!("renew the credentials, for example with `aws sso login`, then {watch}")
                }
                _ => watch,
            }
        }
    }
}

/// The commands for a stack, in backticks; the user's own, where umb cannot know it.
struct Commands {
    deploy: String,
    destroy: String,
}

fn commands(stack: &StackRef) -> Commands {
    let (deploy, destroy) = match &stack.part {
        StackPart::Stateful(stage) | StackPart::Stateless(stage) => (
            format!("`umb deploy {stage}`"),
            format!("`umb destroy {stage}`"),
        ),
        StackPart::Pipeline => (
            "`umb deploy pipeline`".to_owned(),
            "`umb destroy pipeline`".to_owned(),
        ),
        StackPart::Bootstrap => (
            "the same command".to_owned(),
            "`umb destroy all`".to_owned(),
        ),
    };
    Commands { deploy, destroy }
}

/// Returns how to bring a stack out of a state in which it cannot be updated.
fn way_out(stack: &StackRef, status: &Status) -> String {
    let Some(stage) = stack.stage() else {
        let Commands { deploy, destroy } = commands(stack);
        return format!(
            "CloudFormation's console shows the cause, and can continue a rollback; then run {deploy} again. {destroy} \
             removes the stack"
        );
    };
    if status.is_failed_rollback() {
        format!(
            "fix what stopped the rollback, which `umb diagnose {stage}` names, then run `umb rollback {stage}` (its \
             flag --skip leaves a resource out). The users are safe"
        )
    } else if status.is_stopped() {
        format!("run `umb rollback {stage}` to bring it back to its last working state")
    } else if status.is_failed_deletion() {
        format!("run `umb destroy {stage}` again; `umb diagnose {stage}` names what stopped it")
    } else {
        format!(
            "`umb diagnose {stage}` names the cause; `umb destroy {stage}` removes the stage, with its users"
        )
    }
}

/// Returns what to do about a failed operation, by the class of its failure; `again` is the command that repeats it.
fn remedy(diagnosis: &Diagnosis, again: &str) -> String {
    let Some(culprit) = &diagnosis.culprit else {
        return format!("fix the cause, then run {again} again: it continues from here");
    };
    let remedy = match culprit.class {
        Class::Permission => {
            "permission: allow these credentials to do that, or pass --profile to use others"
        }
        Class::Quota => {
            "quota: raise it (https://console.aws.amazon.com/servicequotas), or ask for less in umb.toml"
        }
        Class::NameConflict => {
            "name conflict: delete or rename what has that name, or choose another `app` in umb.toml"
        }
        Class::Throttling => "throttling: wait a minute",
        Class::Dependency => "dependency: create what it needs, or remove what needs it",
        Class::Template => "template: fix the setting in umb.toml that causes it",
        Class::Cancelled => return format!("it was cancelled; {again} starts again"),
        Class::Other => "fix the cause",
    };
    format!("{remedy}; then run {again} again: it continues from here")
}
