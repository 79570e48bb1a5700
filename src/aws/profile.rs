//! Which profile a session uses, and how much that counts.

/// Which named profile of the shared AWS configuration to use.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Profile<'a> {
    /// The default one, unless the environment has credentials of its own.
    Default,
    /// This one, unless the environment has credentials of its own.
    Fallback(&'a str),
    /// This one, even if the environment has credentials of its own.
    Only(&'a str),
}

impl<'a> Profile<'a> {
    pub(super) fn name(self) -> Option<&'a str> {
        match self {
            Self::Default => None,
            Self::Fallback(name) | Self::Only(name) => Some(name),
        }
    }

    /// Whose credentials these are, for those who share them.
    pub(super) fn whose(self) -> String {
        match self {
            Self::Default => "default".to_owned(),
            Self::Fallback(name) => format!("environment or {name}"),
            Self::Only(name) => format!("only {name}"),
        }
    }
}
