//! What a result looks like: text for a person, JSON for a program.

use serde::Serialize;

/// How a command's results are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Output {
    /// For a person.
    #[default]
    Text,
    /// As one JSON document.
    Document,
    /// As JSON Lines: what happens, and how it ended.
    Lines,
}

impl Output {
    /// One JSON document, if that was asked for.
    pub(crate) fn document(wants_json: bool) -> Self {
        if wants_json {
            Self::Document
        } else {
            Self::Text
        }
    }

    /// JSON Lines, if that was asked for.
    pub(crate) fn lines(wants_json: bool) -> Self {
        if wants_json { Self::Lines } else { Self::Text }
    }
}

/// A result of a command. Its JSON is documented in `docs/json.md`.
pub(crate) trait Show: Serialize {
    /// The result for a person, without a line break at the end.
    fn text(&self) -> String;
}

impl<T: Show> Show for Vec<T> {
    fn text(&self) -> String {
        let texts: Vec<_> = self.iter().map(Show::text).collect();
        texts.join("\n")
    }
}
