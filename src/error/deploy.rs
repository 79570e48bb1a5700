//! The way out of what a deploy, a destroy or a rollback ran into.

use crate::{aws, deploy, template};

use super::{Failure, Kind};

impl From<deploy::Error> for Failure {
    fn from(error: deploy::Error) -> Self {
        use deploy::Error as E;
        let again = "run the same command again";
        let hint = match &error {
            E::WrongAccount { expected, .. } => format!(
                "pass --profile to use credentials of account {expected}, or change `account` in \
                 umb.toml"
            ),
            E::ForeignTable { .. } => {
                "choose another name with `app` in umb.toml, or delete that table".into()
            }
            E::TableIsThere { .. } => {
                "set `protected = true` for the stage in umb.toml to adopt it, or \
                                       `umb destroy STAGE --delete-data` to delete it"
                    .into()
            }
            E::PipelineAdoptsNothing { stage, .. } => {
                format!("`umb deploy {stage}` takes it over; then `umb pipeline retry`")
            }
            E::NoNamespace => again.into(),
            E::Foreign { .. } => {
                "choose another name with `app` in umb.toml, or delete that stack \
                                  with the tool that made it"
                    .into()
            }
            E::Downgrade { newer, .. } => format!(
                "install umb {newer}, or pass --allow-downgrade to deploy with this one all the same"
            ),
            E::WouldLoseData { logical_id, .. } => format!(
                "nothing was changed; undo what asks for it in umb.toml, or go back to the umb that \
                 deployed last, or pass --allow-data-loss {logical_id}"
            ),
            E::Moving { stack, .. } if lone(stack).is_some() => {
                "run the same command again when that has ended".into()
            }
            E::Moving { stack, .. } => {
                let stage = stage_of(stack);
                format!("`umb watch {stage}` follows it; `umb cancel {stage}` cancels it")
            }
            E::Moved { stack } => {
                format!(
                    "`umb plan {}` shows what is to be done now",
                    stage_of(stack)
                )
            }
            E::OtherPlan { .. } => "make a new one: `umb plan STAGE --out FILE`".into(),
            E::NeedsRepair { stack, status } => match lone(stack) {
                Some(lone) => lone.way_out(),
                None => way_out(&stage_of(stack), status),
            },
            E::NoFunction { stage } => {
                format!("run `umb deploy {stage}` without --code-only first")
            }
            E::NothingTo { .. } => "`umb diagnose STAGE` says how the last operation ended".into(),
            E::StackFailed { diagnosis } => {
                let hint = remedy(diagnosis, &deploying(&diagnosis.stack));
                return Self::of(Kind::Failed, &error)
                    .hint(hint)
                    .see(&diagnosis.console);
            }
            E::DestroyFailed { diagnosis } => {
                let destroying = lone(&diagnosis.stack).map_or_else(
                    || format!("umb destroy {}", stage_of(&diagnosis.stack)),
                    |lone| lone.destroy.to_owned(),
                );
                let hint = remedy(diagnosis, &destroying);
                return Self::of(Kind::Failed, &error)
                    .hint(hint)
                    .see(&diagnosis.console);
            }
            E::ChangeSetFailed { .. } | E::CodeFailed { .. } | E::DriftUnknown { .. } => {
                format!("mend the cause, then {again}")
            }
            E::DeletedMeanwhile { stack } => {
                format!("`{}` makes it anew", deploying(stack))
            }
            E::LostSight { stack, source } => {
                let watch = match lone(stack) {
                    Some(_) => "run the same command again: it goes on from there".to_owned(),
                    None => format!("run `umb watch {}` to go on watching", stage_of(stack)),
                };
                match source.cause() {
                    aws::Cause::ExpiredCredentials => format!(
                        "renew the credentials (`aws sso login`, or your own way), then {watch}"
                    ),
                    _ => watch,
                }
            }
            E::Aws(_) | E::Template(_) => String::new(),
        };
        match error {
            E::Aws(error) => error.into(),
            E::Template(error) => error.into(),
            error => Self::of(Kind::Failed, &error).hint(hint),
        }
    }
}

/// The stage that a stack is of, for a hint.
fn stage_of(stack: &str) -> String {
    let app = stack.split('-').next().unwrap_or_default();
    template::stack_stage(app, stack).unwrap_or_else(|| "STAGE".to_owned())
}

/// The command that deploys a stack.
fn deploying(stack: &str) -> String {
    lone(stack).map_or_else(
        || format!("umb deploy {}", stage_of(stack)),
        |lone| lone.deploy.to_owned(),
    )
}

/// The commands that are about a stack which is no stage's.
struct LoneCommands {
    deploy: &'static str,
    destroy: &'static str,
}

/// The commands about this stack, if it is no stage's.
fn lone(stack: &str) -> Option<LoneCommands> {
    let app = stack.split('-').next().unwrap_or_default();
    if stack == template::pipeline_name(app) {
        return Some(LoneCommands {
            deploy: "umb deploy pipeline",
            destroy: "umb destroy pipeline",
        });
    }
    (stack == template::bootstrap_name(app)).then_some(LoneCommands {
        deploy: "umb bootstrap STAGE",
        destroy: "umb destroy all",
    })
}

impl LoneCommands {
    /// How its stack gets out of a state that it cannot be updated in.
    fn way_out(&self) -> String {
        let Self { deploy, destroy } = self;
        format!(
            "CloudFormation's console names the cause, and can continue a rollback; then run `{deploy}` again. \
             `{destroy}` removes it"
        )
    }
}

/// The command that gets a stack out of a state that it cannot be updated in.
fn way_out(stage: &str, status: &aws::cloudformation::Status) -> String {
    if status.is_failed_rollback() {
        format!(
            "mend what stopped its rollback (`umb diagnose {stage}` names it), then run `umb rollback \
             {stage}`; --skip LOGICAL_ID goes on without a resource. Its users are safe"
        )
    } else if status.is_stopped() {
        format!("run `umb rollback {stage}` to bring it back to what it was")
    } else if status.is_failed_deletion() {
        format!("run `umb destroy {stage}` again; `umb diagnose {stage}` names what stopped it")
    } else {
        format!(
            "`umb diagnose {stage}` names the cause; `umb destroy {stage}` removes the stage, with \
             its users"
        )
    }
}

/// What to do about a failed operation, by the sort of its failure; `again` is the command that tries
/// it again.
fn remedy(diagnosis: &deploy::Diagnosis, again: &str) -> String {
    use deploy::Class as C;
    let Some(culprit) = &diagnosis.culprit else {
        return format!("mend the cause, then run `{again}` again: it goes on from here");
    };
    let what = match culprit.class {
        C::Permission => "permission: let these credentials do that, or pass --profile for others",
        C::Quota => {
            "quota: raise it (https://console.aws.amazon.com/servicequotas), or ask for less in umb.toml"
        }
        C::NameConflict => {
            "name conflict: delete or rename what has that name, or choose another `app` in umb.toml"
        }
        C::Throttling => "throttling: wait a minute",
        C::Dependency => "dependency: make what it needs, or remove what needs it",
        C::Template => "template: mend the setting in umb.toml that asks for it",
        C::Cancelled => return format!("it was cancelled; `{again}` begins anew"),
        C::Other => "mend the cause",
    };
    format!("{what}; then run `{again}` again: it goes on from here")
}

impl From<deploy::TransferError> for Failure {
    fn from(error: deploy::TransferError) -> Self {
        use deploy::TransferError as E;
        let hint = match &error {
            E::NoTable { stage } => format!("run `umb deploy {stage}`"),
            E::HasTable { stage, .. } => format!(
                "`umb users import FILE --via table` adds to it; `umb destroy {stage} --delete-data` \
                 makes room for a new one"
            ),
            E::AdoptsNothing { stage } => format!(
                "set `protected = true` for the stage {stage} in umb.toml, or \
                 `umb users import FILE --via table`"
            ),
            E::NoHistory { .. } => {
                "set `protected = true` for the stage in umb.toml and deploy it, or \
                 `umb users export FILE --via table`"
                    .into()
            }
            E::Failed { .. } => {
                "mend the cause, then run the same command again; of an import, the log group \
                 /aws-dynamodb/imports says more"
                    .into()
            }
            E::Aws(_) | E::Deploy(_) => String::new(),
        };
        match error {
            E::Aws(error) => error.into(),
            E::Deploy(error) => error.into(),
            error => Self::of(Kind::Failed, &error).hint(hint),
        }
    }
}
