//! What a person sees when something fails: a cause, the chain behind it, and a way out.
//!
//! Modules describe what happened in error types of their own; here, and only here, those get a
//! [`Kind`], which decides the exit code, and a hint that names the next command or flag.

use std::error::Error as StdError;
use std::process::ExitCode;

use crate::{api, aws, deploy, local, settings, template};

/// What sort of failure it is, as far as the exit code is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It was tried and did not work.
    Failed,
    /// The command line or `umb.toml` is wrong: nothing was tried.
    Usage,
    /// A person declined, or nobody was there to ask.
    Declined,
    /// Ctrl-C.
    Interrupted,
    /// Not a failure: `--help` and `--version`.
    Shown,
    /// Not a failure: there is something to change, and that was the question.
    Changes,
}

/// A failed command, ready to be shown.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: Kind,
    cause: String,
    chain: Vec<String>,
    hint: Option<String>,
    /// Where there is more to see.
    link: Option<String>,
    /// Whether the cause is the whole text already, as clap writes it.
    is_whole: bool,
}

/// What wrappers in the SDK say where they have nothing to say.
const EMPTY_WORDS: [&str; 5] = [
    "dispatch failure",
    "io error",
    "other",
    "service error",
    "timeout",
];

impl Failure {
    /// A failure of `kind` whose cause is `cause`.
    pub(crate) fn new(kind: Kind, cause: impl Into<String>) -> Self {
        Self {
            kind,
            cause: cause.into(),
            chain: Vec::new(),
            hint: None,
            link: None,
            is_whole: false,
        }
    }

    /// Wrong usage.
    pub(crate) fn usage(cause: impl Into<String>) -> Self {
        Self::new(Kind::Usage, cause)
    }

    /// A failure whose cause is `error`, with the errors behind it as its chain.
    fn of(kind: Kind, error: &dyn StdError) -> Self {
        let mut failure = Self::new(kind, error.to_string());
        let mut source = error.source();
        while let Some(error) = source {
            let text = error.to_string();
            // Many wrappers repeat what they wrap.
            let is_news = !failure.cause.contains(&text) && !failure.chain.contains(&text);
            if is_news && !EMPTY_WORDS.contains(&text.as_str()) {
                failure.chain.push(text);
            }
            source = error.source();
        }
        failure
    }

    /// The same as what stands behind another cause; its hint, if it has one, stays.
    pub(crate) fn after(mut self, cause: impl Into<String>, hint: impl Into<String>) -> Self {
        self.chain
            .insert(0, std::mem::replace(&mut self.cause, cause.into()));
        self.hint.get_or_insert_with(|| hint.into());
        self
    }

    /// The same with a hint: what to do next.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same with the address of a page that shows more.
    fn see(mut self, link: &str) -> Self {
        self.link = Some(link.to_owned());
        self
    }

    fn maybe_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }

    /// The answer that something would change, as an exit code.
    pub(crate) fn changes() -> Self {
        Self::new(Kind::Changes, "")
    }

    /// Whether there is nothing to say: the exit code is all of it.
    pub(crate) fn is_silent(&self) -> bool {
        self.kind == Kind::Changes
    }

    pub(crate) fn is_shown(&self) -> bool {
        self.kind == Kind::Shown
    }

    pub(crate) fn is_whole(&self) -> bool {
        self.is_whole
    }

    pub(crate) fn cause(&self) -> &str {
        &self.cause
    }

    pub(crate) fn chain(&self) -> &[String] {
        &self.chain
    }

    pub(crate) fn hint_text(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    pub(crate) fn link(&self) -> Option<&str> {
        self.link.as_deref()
    }

    /// How it ended, in a word, for programs.
    pub(crate) fn status(&self) -> &'static str {
        match self.kind {
            Kind::Shown | Kind::Changes => "succeeded",
            Kind::Failed | Kind::Usage => "failed",
            Kind::Declined => "declined",
            Kind::Interrupted => "interrupted",
        }
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code())
    }

    /// The exit code as a number.
    pub(crate) fn code(&self) -> u8 {
        match self.kind {
            Kind::Shown => 0,
            Kind::Failed => 1,
            Kind::Usage => 2,
            Kind::Declined => 3,
            Kind::Changes => 4,
            Kind::Interrupted => 130,
        }
    }
}

impl From<clap::Error> for Failure {
    fn from(error: clap::Error) -> Self {
        let kind = if error.use_stderr() {
            Kind::Usage
        } else {
            Kind::Shown
        };
        Self {
            is_whole: true,
            ..Self::new(kind, error.render().ansi().to_string())
        }
    }
}

impl From<settings::Error> for Failure {
    fn from(error: settings::Error) -> Self {
        use settings::Error as E;
        let hint = match &error {
            E::NoSuchStage { known, .. } => Some(format!(
                "the stages are {}; add [stages.NAME] to umb.toml for another",
                known.join(", ")
            )),
            E::NoHome => Some("set XDG_STATE_HOME to a folder that umb may write to".to_owned()),
            E::UnknownKey {
                nearest: Some(nearest),
                ..
            } => Some(format!("did you mean `{nearest}`?")),
            E::UnknownKey { known, .. } => Some(format!("the keys here are {}", known.join(", "))),
            E::Syntax { .. } | E::Invalid { .. } | E::Unreadable { .. } => {
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
            E::NeedsRepair { stack, status } => way_out(&stage_of(stack), status),
            E::NoFunction { stage } => {
                format!("run `umb deploy {stage}` without --code-only first")
            }
            E::NothingTo { .. } => "`umb diagnose STAGE` says how the last operation ended".into(),
            E::StackFailed { diagnosis } => {
                let hint = remedy(
                    diagnosis,
                    &format!("umb deploy {}", stage_of(&diagnosis.stack)),
                );
                return Self::of(Kind::Failed, &error)
                    .hint(hint)
                    .see(&diagnosis.console);
            }
            E::DestroyFailed { diagnosis } => {
                let hint = remedy(
                    diagnosis,
                    &format!("umb destroy {}", stage_of(&diagnosis.stack)),
                );
                return Self::of(Kind::Failed, &error)
                    .hint(hint)
                    .see(&diagnosis.console);
            }
            E::ChangeSetFailed { .. } | E::CodeFailed { .. } | E::DriftUnknown { .. } => {
                format!("mend the cause, then {again}")
            }
            E::DeletedMeanwhile { stack } => {
                format!("`umb deploy {}` makes it anew", stage_of(stack))
            }
            E::LostSight { stack, source } => {
                let watch = format!("run `umb watch {}` to go on watching", stage_of(stack));
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
            E::Busy { .. } => Some("try again in a moment"),
            E::FunctionFailed { .. } => {
                Some("its log group is in CloudWatch, as the stack's resource APIHandlerLogs")
            }
            E::NoSuchPath { .. } | E::Refused { .. } | E::Unexpected { .. } => None,
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
            E::Database { .. } | E::Serve(_) => {
                "`umb destroy local` deletes the local data, `umb deploy local` begins anew"
            }
        };
        let hint = hint.to_owned();
        Self::of(Kind::Failed, &error).hint(hint)
    }
}

impl From<template::Error> for Failure {
    fn from(error: template::Error) -> Self {
        Self::of(Kind::Failed, &error)
    }
}

/// A file that could not be read or written, with its name: what `io::Error` leaves out.
#[derive(Debug, thiserror::Error)]
#[error("cannot {verb} {}", path.display())]
pub(crate) struct FileError {
    pub(crate) verb: &'static str,
    pub(crate) path: std::path::PathBuf,
    pub(crate) source: std::io::Error,
}

impl From<FileError> for Failure {
    fn from(error: FileError) -> Self {
        Self::of(Kind::Failed, &error)
    }
}
