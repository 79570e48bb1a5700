//! What a person sees when something fails: a cause, the chain behind it, and a way out.
//!
//! Modules describe what happened in error types of their own; here, and only here, those get a
//! [`Kind`], which decides the exit code, and a hint that names the next command or flag.

mod deploy;
mod hints;

use std::error::Error as StdError;
use std::process::ExitCode;

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

    /// The same with a hint, if it has none.
    fn or_hint(mut self, hint: &str) -> Self {
        self.hint.get_or_insert_with(|| hint.to_owned());
        self
    }

    /// The same with the address of a page that shows more.
    fn see(mut self, link: &str) -> Self {
        self.link = Some(link.to_owned());
        self
    }

    /// The same, with a hint if it is an interruption that has none.
    pub(crate) fn when_interrupted(mut self, hint: &str) -> Self {
        if self.kind == Kind::Interrupted {
            self = self.or_hint(hint);
        }
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

/// A file that could not be read or written, with its name: what `io::Error` leaves out.
#[derive(Debug, thiserror::Error)]
#[error("cannot {verb} {}", path.display())]
pub(crate) struct FileError {
    pub(crate) verb: &'static str,
    pub(crate) path: std::path::PathBuf,
    pub(crate) source: std::io::Error,
}
