//! A failed command: an error, its kind and a hint.

use std::error::Error as StdError;

use crate::stack::Diagnosis;

/// The kind of a failure, as far as the exit code is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It was tried and did not work.
    Failed,
    /// The command line or `umb.toml` is wrong: nothing was tried.
    Usage,
    /// A person declined, or could not be asked.
    Declined,
    /// Ctrl-C.
    Interrupted,
}

/// A failed command, ready to be shown.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: Kind,
    source: Box<dyn StdError + Send + Sync>,
    hint: Option<String>,
}

/// A cause that is only text.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Message(String);

/// A cause in front of another one.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
struct Context {
    text: String,
    source: Box<dyn StdError + Send + Sync>,
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
    /// A failure whose cause is text.
    pub(crate) fn new(kind: Kind, cause: impl Into<String>) -> Self {
        Self::from_error(kind, Message(cause.into()))
    }

    /// Wrong usage.
    pub(crate) fn usage(cause: impl Into<String>) -> Self {
        Self::new(Kind::Usage, cause)
    }

    /// A failure whose cause is `error`.
    pub(super) fn from_error(kind: Kind, error: impl StdError + Send + Sync + 'static) -> Self {
        Self {
            kind,
            source: Box::new(error),
            hint: None,
        }
    }

    /// Puts another cause in front.
    pub(crate) fn context(self, cause: impl Into<String>) -> Self {
        Self {
            source: Box::new(Context {
                text: cause.into(),
                source: self.source,
            }),
            ..self
        }
    }

    /// Makes it wrong usage.
    pub(crate) fn into_usage(self) -> Self {
        Self {
            kind: Kind::Usage,
            ..self
        }
    }

    /// Sets the hint: what to do next.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Sets the hint if there is none.
    pub(crate) fn or_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint.get_or_insert_with(|| hint.into());
        self
    }

    /// Sets or removes the hint.
    pub(super) fn maybe_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }

    /// Drops a hint at the command `verb` alone, such as `pipeline status`.
    pub(crate) fn without_hint_at(mut self, verb: &str) -> Self {
        let command = format!("`umb {verb}`");
        self.hint = self.hint.filter(|hint| !hint.contains(&command));
        self
    }

    /// Whether a person was asked and said no.
    pub(crate) fn is_refusal(&self) -> bool {
        self.kind == Kind::Declined && self.hint.is_none()
    }

    /// What happened, in one line.
    pub(crate) fn cause(&self) -> String {
        self.source.to_string()
    }

    /// The causes behind it, each once.
    pub(crate) fn chain(&self) -> Vec<String> {
        let cause = self.cause();
        let mut chain: Vec<String> = Vec::new();
        for error in self.errors().skip(1) {
            let text = error.to_string();
            // Many wrappers repeat what they wrap.
            let is_repeated =
                cause.contains(&text) || chain.iter().any(|known| known.contains(&text));
            if !is_repeated && !EMPTY_WORDS.contains(&text.as_str()) {
                chain.push(text);
            }
        }
        chain
    }

    /// What to do next.
    pub(crate) fn hint_text(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Why an operation on a stack failed, if that is what happened.
    pub(crate) fn diagnosis(&self) -> Option<&Diagnosis> {
        self.find::<Box<Diagnosis>>().map(AsRef::as_ref)
    }

    /// Returns the first error of a type, in the cause or behind it.
    pub(crate) fn find<T: StdError + 'static>(&self) -> Option<&T> {
        self.errors().find_map(|error| error.downcast_ref::<T>())
    }

    fn errors(&self) -> impl Iterator<Item = &(dyn StdError + 'static)> {
        let first: &(dyn StdError + 'static) = &*self.source;
        std::iter::successors(Some(first), |&error| error.source())
    }

    /// How the command ended, for programs.
    pub(crate) fn status(&self) -> &'static str {
        match self.kind {
            Kind::Failed | Kind::Usage => "failed",
            Kind::Declined => "declined",
            Kind::Interrupted => "interrupted",
        }
    }

    /// The exit code.
    pub(crate) fn code(&self) -> u8 {
        match self.kind {
            Kind::Failed => 1,
            Kind::Usage => 2,
            Kind::Declined => 3,
            Kind::Interrupted => 130,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_at_the_very_command_is_dropped() {
        for (hint, is_kept) in [
            ("`umb pipeline watch` follows it", false),
            ("`umb pipeline watch ID` follows it", true),
            ("`umb pipeline status` shows it", true),
        ] {
            let failure = Failure::new(Kind::Failed, "failed").hint(hint);
            let failure = failure.without_hint_at("pipeline watch");
            assert_eq!(failure.hint_text().is_some(), is_kept, "{hint}");
        }
    }
}
