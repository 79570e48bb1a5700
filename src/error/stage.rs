//! What to do about a failed operation on a stage, or on all of its users.

use crate::stage::Error;
use crate::transfer::s3;

use super::failure::{Failure, Kind};
use super::{aws, stack};

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let hint = hint(&error);
        Self::from_error(Kind::Failed, error).maybe_hint(hint)
    }
}

fn hint(error: &Error) -> Option<String> {
    Some(match error {
        Error::Stack(error) => stack::hint(error),
        Error::Template(_) => return None,
        Error::ForeignTable { .. } => {
            "choose another name with `app` in umb.toml, or delete that table".to_owned()
        }
        Error::TableExists { stage, .. } => format!(
            "set `protected = true` for the stage {stage} in umb.toml to import it, or run `umb destroy {stage} \
             --delete-data` to delete it"
        ),
        Error::PipelineCannotImport { stage, .. } => {
            format!("run `umb deploy {stage}` to import it, then `umb pipeline retry`")
        }
        Error::Downgrade { newer, .. } => {
            format!("install umb {newer}, or pass --allow-downgrade to deploy with this one anyway")
        }
        Error::Leftover { stack } => match stack.stage() {
            Some(stage) => format!(
                "`umb deploy {stage}`, run by a person, removes it and deploys the stage; then `umb pipeline retry`"
            ),
            None => return None,
        },
        Error::NotAsPlanned { .. } => {
            "the API and the function stay as they are; `umb pipeline run` plans the newest commit again, and asks again".to_owned()
        }
        Error::RollbackUndoes { stack, .. } => match stack.stage() {
            Some(stage) => format!(
                "the API and the function stay as they are; a person can run `umb deploy {stage}` in the commit to go back to"
            ),
            None => return None,
        },
        Error::OtherPlan { stage, .. } => {
            format!("make a new plan: `umb plan {stage} --out plan.json`")
        }
        Error::NoFunction { stage } => {
            format!("run `umb deploy {stage}` without --code-only first")
        }
        Error::AlarmOff { .. } => "`umb pipeline status` shows the rollback, if there is an earlier execution to roll back to"
            .to_owned(),
        Error::PolicyDiffers {
            stack,
            api,
            is_wanted: true,
            ..
        } => match stack.stage() {
            Some(stage) => format!(
                "the API may accept requests that it should refuse; to fix that, run `umb deploy {stage} \
                 --revert-drift && aws apigateway create-deployment --rest-api-id {api} --stage-name v1`"
            ),
            None => return None,
        },
        Error::PolicyDiffers { api, .. } => format!(
            "the API may refuse requests that it should accept; to fix that, run `aws apigateway update-rest-api \
             --rest-api-id {api} --patch-operations op=replace,path=/policy,value= && aws apigateway create-deployment \
             --rest-api-id {api} --stage-name v1`"
        ),
        Error::CodeFailed { .. } => "fix the cause, then run the same command again".to_owned(),
    })
}

impl From<s3::Error> for Failure {
    fn from(error: s3::Error) -> Self {
        use s3::Error as E;
        let next = match &error {
            E::NoTable { stage } => format!("run `umb deploy {stage}`"),
            E::HasTable { stage, .. } => format!(
                "`umb users import users.jsonl --via table --stage {stage}` adds to it; `umb destroy {stage} --delete-data` \
                 makes room for a new one"
            ),
            E::NotProtected { stage } => format!(
                "set `protected = true` for the stage {stage} in umb.toml, or use `umb users import users.jsonl --via table \
                 --stage {stage}`"
            ),
            E::PitrDisabled { stage, .. } => format!(
                "set `protected = true` for the stage {stage} in umb.toml and deploy it, or use `umb users export users.jsonl \
                 --via table --stage {stage}`"
            ),
            E::Failed { .. } => {
                "fix the cause, then run the same command again; the log group /aws-dynamodb/imports says more about \
                 imports"
                    .to_owned()
            }
            E::Aws(error) => aws::hint(error).to_owned(),
            E::Stage(error) => hint(error).unwrap_or_default(),
        };
        Self::from_error(Kind::Failed, error).hint(next)
    }
}
