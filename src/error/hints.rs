//! The way out of every room's errors but the deploy engine's.

use crate::{api, aws, bulk, local, pipeline, settings, template};

use super::{Failure, FileError, Kind};

impl From<settings::Error> for Failure {
    fn from(error: settings::Error) -> Self {
        use settings::Error as E;
        let hint = match &error {
            E::NoSuchStage { name, .. } if name == "pipeline" => {
                Some("`umb pipeline --help` lists what can be done with the pipeline".to_owned())
            }
            E::NoSuchStage { known, .. } => Some(format!(
                "the stages are {}; add [stages.NAME] to umb.toml for another. Some commands take `pipeline` \
                 or `all`, too",
                known.join(", ")
            )),
            E::Missing {
                key: "pipeline.connection",
            } => Some(
                "`umb connection create --provider GitHub` makes one, and says what to write there"
                    .to_owned(),
            ),
            E::Missing { .. } => Some("`umb init` asks for it, and writes it there".to_owned()),
            E::NoHome => Some("set XDG_STATE_HOME to a folder that umb may write to".to_owned()),
            E::UnknownKey {
                nearest: Some(nearest),
                ..
            } => Some(format!("did you mean `{nearest}`?")),
            E::UnknownKey { known, .. } => Some(format!("the keys here are {}", known.join(", "))),
            E::Syntax { .. } | E::Invalid { .. } | E::Unreadable { .. } | E::Unwritable { .. } => {
                Some("the README's configuration table lists every key".to_owned())
            }
        };
        Self::of(Kind::Usage, &error).maybe_hint(hint)
    }
}

impl From<aws::Error> for Failure {
    fn from(error: aws::Error) -> Self {
        use aws::Cause as C;
        let hint = match error.cause() {
            C::NoRegion => "pass --region, set AWS_REGION, or give the stage a region in umb.toml",
            C::NoCredentials => {
                "run `aws configure` or `aws sso login`, or name a profile that there is (--profile, \
                 AWS_PROFILE), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            }
            C::ExpiredCredentials => {
                "renew them (`aws sso login`, or your own way), then run the same command again: it \
                 goes on where this one stopped"
            }
            C::InvalidCredentials => {
                "check AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; \
                 `umb deploy local` needs none"
            }
            C::UnusableCredentials => {
                "renew them (`aws sso login`, or your own way), or choose others with --profile"
            }
            C::Denied => "ask for this permission, or pass --profile to use other credentials",
            C::Timeout | C::Unreachable => {
                "check the network, the region and AWS_ENDPOINT_URL, then run the same command again"
            }
            C::Conflict => "`umb status` shows how it stands; then run the same command again",
            C::Throttled => "wait a minute, then run the same command again",
            C::Refused | C::Internal => {
                return Self::of(Kind::Failed, &error);
            }
        };
        Self::of(Kind::Failed, &error).hint(hint)
    }
}

impl From<api::Error> for Failure {
    fn from(error: api::Error) -> Self {
        use api::Error as E;
        let hint = match error {
            E::Unreachable { .. } => Some(
                "check that the stage is deployed and running: `umb outputs` shows its address",
            ),
            E::Forbidden { .. } => Some(
                "the credentials need execute-api:Invoke on this API: pass --profile to use others",
            ),
            E::Unsignable(_) => {
                Some("renew the credentials (`aws sso login`, or your own way), or pass --profile")
            }
            E::Busy { .. } => Some("try again in a moment"),
            E::FunctionFailed { .. } => {
                Some("its log group is in CloudWatch, as the stack's resource APIHandlerLogs")
            }
            E::Refused { .. } => match error.status() {
                Some(404) => Some("`umb users list` shows who is there"),
                Some(409) => Some("`umb users update NAME` changes a user that exists"),
                Some(412) => Some("`umb users get NAME --etag` shows the state that it is in now"),
                _ => None,
            },
            E::NoSuchPath { .. } | E::Status { .. } | E::Unexpected { .. } => None,
        };
        let hint = hint.map(str::to_owned);
        Self::of(Kind::Failed, &error).maybe_hint(hint)
    }
}

impl From<local::Error> for Failure {
    fn from(error: local::Error) -> Self {
        use local::Error as E;
        let hint = match &error {
            E::PortTaken { .. } => {
                "choose another port with --port, or leave it out for a free one"
            }
            E::StateFolder { .. } => "set XDG_STATE_HOME to a folder that umb may write to",
            E::NotStarted { .. } => {
                "the log file says why; `umb deploy local --foreground` shows it"
            }
            E::Running { .. } => "stop it first: `umb destroy local`, or end the foreground one",
            E::NotStopped { .. } => "end that process, then run the same command again",
            E::Engine { is_busy: true, .. } => "another process has it: try again later",
            E::Database { .. } | E::Engine { .. } | E::Serve(_) => {
                "`umb destroy local` deletes the local data, `umb deploy local` begins anew"
            }
        };
        let hint = hint.to_owned();
        Self::of(Kind::Failed, &error).hint(hint)
    }
}

impl From<pipeline::Error> for Failure {
    fn from(error: pipeline::Error) -> Self {
        use pipeline::Error as E;
        let hint = match &error {
            E::NoConnection { connection, .. } => {
                let name = if connection.starts_with("arn:") {
                    String::new()
                } else {
                    format!(" --name {connection}")
                };
                let hint = format!(
                    "`umb connection list` shows those that there are; `umb connection create --provider GitHub{name}` \
                     makes one"
                );
                return Self::of(Kind::Failed, &error).hint(hint);
            }
            E::Ambiguous { .. } => "name it by its ARN, which `umb connection list` shows",
            E::OtherProvider { .. } => "choose another name with --name",
            E::ConnectionInUse { .. } => {
                "delete that pipeline first, or give it another connection"
            }
            E::ConnectionBroken { .. } => {
                "`umb connection delete` and `umb connection create` make it anew"
            }
            E::NoPipeline { .. } => "`umb deploy pipeline` makes it",
            E::HasEnded { .. } | E::NoExecution { .. } | E::NothingTo { .. } => {
                "`umb pipeline status` shows how it stands"
            }
            E::SeveralWait { .. } => "name one: `umb pipeline approve STAGE`",
            E::NoStage { known, .. } => {
                let hint = format!("its stages are {}", known.join(", "));
                return Self::of(Kind::Usage, &error).hint(hint);
            }
            E::NoBuild { .. } => {
                "`umb pipeline status` shows the actions; Build, UpdatePipeline, Stateful.Guard and SmokeTest \
                 have logs"
            }
            E::Aws(_) | E::Deploy(_) | E::Template(_) => "",
        };
        match error {
            E::Aws(error) => {
                Self::from(error).or_hint("`umb pipeline status` shows how the pipeline stands")
            }
            E::Deploy(error) => error.into(),
            E::Template(error) => error.into(),
            error => Self::of(Kind::Failed, &error).hint(hint),
        }
    }
}

impl From<bulk::Error> for Failure {
    fn from(error: bulk::Error) -> Self {
        use bulk::Error as E;
        let hint = match &error {
            E::Heading { .. } => {
                "the columns are `username`, NAME, NAME:json and *:json; `umb users import --help` explains them"
            }
            E::OtherCheckpoint { .. } => "delete that file to begin anew",
            E::Stopped(_) => "run the same command again: it goes on where this one stopped",
            E::Api(_) | E::Aws(_) | E::Local(_) | E::File { .. } | E::Read(_) | E::Write(_) => "",
        };
        match error {
            E::Api(error) => error.into(),
            E::Aws(error) => error.into(),
            E::Local(error) => error.into(),
            error if hint.is_empty() => Self::of(Kind::Failed, &error),
            error => Self::of(Kind::Failed, &error).hint(hint),
        }
    }
}

impl From<template::Error> for Failure {
    fn from(error: template::Error) -> Self {
        Self::of(Kind::Failed, &error)
    }
}

impl From<FileError> for Failure {
    fn from(error: FileError) -> Self {
        Self::of(Kind::Failed, &error)
    }
}
