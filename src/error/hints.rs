//! What to do about every other failure.

use std::io;

use crate::{artifact, client, local, pipeline, settings, template, transfer};

use super::failure::{Failure, Kind};

impl From<io::Error> for Failure {
    /// An error of a file, which names the file.
    fn from(error: io::Error) -> Self {
        Self::from_error(Kind::Failed, error)
    }
}

impl From<template::Error> for Failure {
    fn from(error: template::Error) -> Self {
        Self::from_error(Kind::Failed, error)
    }
}

impl From<settings::Error> for Failure {
    fn from(error: settings::Error) -> Self {
        use settings::Error as E;
        let hint = match &error {
            E::NoSuchStage { known, .. } => Some(format!(
                "the stages are {}; add a table [stages.NAME] to umb.toml for another one",
                known.join(", ")
            )),
            E::Missing {
                key: "pipeline.connection",
            } => Some(
                "`umb connection create --provider GitHub` creates one, and says what to write there"
                    .to_owned(),
            ),
            E::NoSettings => Some("`umb init` asks for what the pipeline needs, and writes it".to_owned()),
            E::Missing { .. } => Some("`umb init` asks for it and writes it there".to_owned()),
            E::NoHome => Some("set XDG_STATE_HOME to a folder that umb can write to".to_owned()),
            E::UnknownKey {
                nearest: Some(nearest),
                ..
            } => Some(format!("did you mean `{nearest}`?")),
            E::UnknownKey { known, .. } => Some(format!("the keys here are {}", known.join(", "))),
            E::Syntax { .. } | E::Invalid { .. } => {
                Some("the README's configuration table lists every key".to_owned())
            }
            E::InvalidVariable { name, .. } => Some(format!("correct it, or run `unset {name}`")),
            E::OtherVersion { .. } => Some(
                "install that umb, or change the key `umb` in umb.toml".to_owned(),
            ),
            E::NoFile { .. } => Some("move it away, or put the settings into a file of that name".to_owned()),
            E::NoFolder(_) => Some("change to a folder that exists: `cd ~`".to_owned()),
            E::File(_) => None,
        };
        Self::from_error(Kind::Usage, error).maybe_hint(hint)
    }
}

impl From<client::Error> for Failure {
    fn from(error: client::Error) -> Self {
        use client::Error as E;
        let hint = match error {
            E::Unreachable { .. } => Some(
                "check that the stage is deployed and running: `umb outputs` shows its address",
            ),
            E::Forbidden { .. } => Some(
                "the credentials need execute-api:Invoke on this API: pass --profile to use others",
            ),
            E::Unsignable(_) => {
                Some("renew the credentials, for example with `aws sso login`, or pass --profile")
            }
            E::Busy { .. } => Some("try again in a moment"),
            E::FunctionFailed { .. } => Some(
                "the function's log group in CloudWatch is the stack's resource APIHandlerLogs",
            ),
            E::Refused { .. } | E::NoSuchPath { .. } | E::Status { .. } | E::Unexpected { .. } => {
                None
            }
        };
        Self::from_error(Kind::Failed, error).maybe_hint(hint.map(str::to_owned))
    }
}

impl From<local::Error> for Failure {
    fn from(error: local::Error) -> Self {
        use local::Error as E;
        let hint = match &error {
            E::PortTaken { .. } => {
                "choose another port with --port, or leave --port out to use a free one".to_owned()
            }
            E::StateFolder { .. } => {
                "set XDG_STATE_HOME to a folder that umb can write to".to_owned()
            }
            E::NotStarted { .. } => {
                "the log file says why; `umb deploy local --foreground` shows it".to_owned()
            }
            E::Running { .. } => {
                "stop it first: `umb destroy local`, or Ctrl-C where it runs in the foreground"
                    .to_owned()
            }
            E::NotStopped { .. } => "end that process, then run the same command again".to_owned(),
            E::Engine { is_busy: true, .. } => {
                "another process uses it: try again later".to_owned()
            }
            E::Database { .. } | E::Engine { .. } | E::Serve(_) => {
                "`umb destroy local` deletes the local data, `umb deploy local` starts again"
                    .to_owned()
            }
        };
        Self::from_error(Kind::Failed, error).hint(hint)
    }
}

impl From<pipeline::Error> for Failure {
    fn from(error: pipeline::Error) -> Self {
        use pipeline::Error as E;
        let mut kind = Kind::Failed;
        let hint = match &error {
            E::NoConnection { connection, .. } => {
                let name = if connection.starts_with("arn:") {
                    String::new()
                } else {
                    format!(" --name {connection}")
                };
                format!(
                    "`umb connection list` shows the existing ones; `umb connection create --provider GitHub{name}` \
                     creates one"
                )
            }
            E::Ambiguous { .. } => "use its ARN, which `umb connection list` shows".to_owned(),
            E::OtherProvider { .. } => "choose another name with --name".to_owned(),
            E::ConnectionInUse { .. } => {
                "delete that pipeline first, or give it another connection".to_owned()
            }
            E::ConnectionBroken { name, provider } => format!(
                "run `umb connection delete {name}`, then `umb connection create --provider {provider} --name {name}`"
            ),
            E::NoPipeline { .. } => "`umb deploy pipeline` creates it".to_owned(),
            E::HasEnded { .. } | E::NoExecution { .. } | E::NothingTo { .. } => {
                "`umb pipeline status` shows its newest execution".to_owned()
            }
            E::SeveralWait { stages } => {
                let first = stages.first().map_or("", String::as_str);
                format!("name one, for example: `umb pipeline approve {first}`")
            }
            E::NoStage { known, .. } => {
                kind = Kind::Usage;
                format!("its stages are {}", known.join(", "))
            }
            E::NoBuild { .. } => "`umb pipeline status` shows the actions; UpdatePipeline, Function, Synth, \
                                  Plan and Stateless.Deploy have logs"
                .to_owned(),
            E::UnfitRunner { is_own: true, .. } => {
                "pass an umb of this version for Linux: `umb deploy pipeline --runner FILE`; the README says how to get one"
                    .to_owned()
            }
            E::UnfitRunner { .. } => {
                "the README says how to build an umb for Linux, with glibc 2.34".to_owned()
            }
            E::NothingRefused { .. } => {
                "`umb pipeline status` shows where it failed; its log names what would become broader, and the digest: \
                 `umb pipeline logs`"
                    .to_owned()
            }
            E::UnknownFormat { .. } => {
                "`umb deploy pipeline` with that umb, run by a person, upgrades the pipeline's".to_owned()
            }
            E::Stack(error) => super::stack::hint(error),
            E::File(_) | E::Template(_) => return Self::from_error(kind, error),
            E::Aws(error) => super::aws::hint(error).to_owned(),
        };
        Self::from_error(kind, error).hint(hint)
    }
}

impl From<artifact::Error> for Failure {
    fn from(error: artifact::Error) -> Self {
        use artifact::Error as E;
        let mut kind = Kind::Failed;
        let hint = match &error {
            E::Unfit(_) => Some(
                "build it for Amazon Linux 2023, for example with cargo-zigbuild: \
                 `umb build --target x86_64-unknown-linux-gnu.2.34`",
            ),
            E::NoContract | E::OtherContract => Some(
                "`umb init --function` writes what has changed in umb's function since, as a patch",
            ),
            E::NoSource(_) => {
                kind = Kind::Usage;
                Some("`umb init --function` writes the source of umb's function into the project")
            }
            E::NotLinux { .. } => Some(
                "build it for Linux with cargo-zigbuild: `umb build --target x86_64-unknown-linux-gnu.2.34`; \
                 UMB_HANDLER_TARGET sets the same for `umb deploy`",
            ),
            E::NoCargo(_) => Some("install Rust: https://rustup.rs"),
            E::NoArchive(_) => Some("`git checkout` restores the committed one"),
            E::Interrupted => {
                kind = Kind::Interrupted;
                None
            }
            E::Cargo { .. } | E::File(_) => None,
        };
        Self::from_error(kind, error).maybe_hint(hint.map(str::to_owned))
    }
}

impl From<transfer::Error> for Failure {
    fn from(error: transfer::Error) -> Self {
        use transfer::Error as E;
        let hint = match &error {
            E::Heading { .. } => Some(
                "the columns are `username`, NAME, NAME:json and *:json; `umb users import --help` explains them",
            ),
            E::OtherCheckpoint { .. } => Some("delete that file to start again"),
            E::Stopped(_) => {
                Some("run the same command again: it continues where this one stopped")
            }
            E::Api(_) | E::Aws(_) | E::Local(_) | E::File(_) | E::Read(_) | E::Write(_) => None,
        };
        match error {
            E::Api(error) => error.into(),
            E::Aws(error) => error.into(),
            E::Local(error) => error.into(),
            error => Self::from_error(Kind::Failed, error).maybe_hint(hint.map(str::to_owned)),
        }
    }
}
