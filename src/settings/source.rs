//! The text of `umb.toml`, by which errors find the line of a key.

use std::ops::Range;
use std::path::PathBuf;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::Error;

/// The text of a file, and the file's path.
#[derive(Debug, Clone, Default)]
pub(super) struct Source {
    pub(super) path: PathBuf,
    pub(super) text: String,
}

/// A key of the file, whole, and where it and its value are.
struct Entry {
    key: String,
    key_span: Range<usize>,
    value_span: Range<usize>,
}

impl Source {
    /// The error for text that is not TOML.
    pub(super) fn syntax(&self, error: &toml::de::Error) -> Error {
        Error::Syntax {
            path: self.path.clone(),
            line: error.span().map_or(1, |span| self.line(span.start)),
            message: error.message().to_owned(),
        }
    }

    /// The error for a value that does not fit its key, of which the deserializer knows the place.
    pub(super) fn misfit(&self, error: &toml::de::Error) -> Error {
        let entries = self.entries();
        let Some(span) = error.span() else {
            return self.syntax(error);
        };
        let contains = |outer: &Range<usize>| outer.start <= span.start && span.end <= outer.end;
        // The innermost entry is the last one that contains it.
        let Some(entry) = entries
            .iter()
            .rev()
            .find(|entry| contains(&entry.value_span) || contains(&entry.key_span))
        else {
            return self.syntax(error);
        };
        // A table's value includes its heading, and so its key.
        let is_value = !contains(&entry.key_span);
        Error::Invalid {
            path: self.path.clone(),
            line: self.line(span.start),
            key: entry.key.clone(),
            value: is_value.then(|| self.excerpt(&span)),
            rule: error.message().trim_end().to_owned(),
        }
    }

    /// The error for the value of a key, such as `stages.dev.region`, that breaks a rule.
    pub(super) fn invalid(&self, key: &str, rule: &str) -> Error {
        let entries = self.entries();
        let entry = entries.iter().find(|entry| entry.key == key);
        Error::Invalid {
            path: self.path.clone(),
            line: entry.map_or(1, |entry| self.line(entry.key_span.start)),
            key: key.to_owned(),
            value: entry.map(|entry| self.excerpt(&entry.value_span)),
            rule: rule.to_owned(),
        }
    }

    /// The error for a file that is for other versions of umb.
    pub(super) fn other_version(&self, wanted: &str, actual: &'static str) -> Error {
        let entries = self.entries();
        let entry = entries.iter().find(|entry| entry.key == "umb");
        Error::OtherVersion {
            path: self.path.clone(),
            line: entry.map_or(1, |entry| self.line(entry.key_span.start)),
            wanted: wanted.to_owned(),
            actual,
        }
    }

    /// The error for a key that its table does not have; `known` are those that it has.
    pub(super) fn unknown_key(
        &self,
        prefix: &str,
        key: &Spanned<impl AsRef<str>>,
        known: &[&str],
    ) -> Error {
        let name = key.get_ref().as_ref();
        Error::UnknownKey {
            path: self.path.clone(),
            line: self.line(key.span().start),
            key: format!("{prefix}{name}"),
            nearest: nearest(name, known).map(|nearest| format!("{prefix}{nearest}")),
            known: known.iter().map(|key| format!("{prefix}{key}")).collect(),
        }
    }

    /// Parses the text, with the place of each key and value.
    pub(super) fn table(&self) -> Result<Spanned<DeTable<'_>>, Error> {
        DeTable::parse(&self.text).map_err(|error| self.syntax(&error))
    }

    fn entries(&self) -> Vec<Entry> {
        let mut entries = Vec::new();
        if let Ok(table) = DeTable::parse(&self.text) {
            collect(table.get_ref(), "", &mut entries);
        }
        entries
    }

    /// The number of the line at an offset; the first one is 1.
    fn line(&self, offset: usize) -> usize {
        let before = self.text.get(..offset).unwrap_or_default();
        before.matches('\n').count() + 1
    }

    /// The text of a value on one line.
    fn excerpt(&self, span: &Range<usize>) -> String {
        let text = self.text.get(span.clone()).unwrap_or_default();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// Collects the entries of a table and of the tables in it, outer ones first.
fn collect(table: &DeTable<'_>, prefix: &str, entries: &mut Vec<Entry>) {
    for (name, value) in table {
        let key = format!("{prefix}{}", name.get_ref());
        entries.push(Entry {
            key: key.clone(),
            key_span: name.span(),
            value_span: value.span(),
        });
        if let DeValue::Table(table) = value.get_ref() {
            collect(table, &format!("{key}."), entries);
        }
    }
}

/// Returns the word of `known` that `word` most likely meant.
fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|candidate| (strsim::jaro_winkler(word, candidate), *candidate))
        .filter(|(similarity, _)| *similarity > 0.7)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, candidate)| candidate)
}
