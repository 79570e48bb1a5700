//! Edits `umb.toml`. What a person wrote there stays as it is.

use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item, Table, Value};

use super::environment::{Environment, Flags};
use super::error::Error;
use super::file::FILE_NAME;
use super::resolve::Settings;
use super::source::Source;

/// The file of one folder, with changes that are not saved yet.
#[derive(Debug)]
pub(crate) struct Editor {
    path: PathBuf,
    before: String,
    document: DocumentMut,
}

impl Editor {
    /// Opens the folder's file; an empty one if there is none yet.
    pub(crate) fn open(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(FILE_NAME);
        let before = match fs_err::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            before => before?,
        };
        let document = before.parse::<DocumentMut>().map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            Error::Syntax {
                path: path.clone(),
                line: before[..start].matches('\n').count() + 1,
                message: error.message().to_owned(),
            }
        })?;
        Ok(Self {
            path,
            before,
            document,
        })
    }

    /// Returns the text of a key in a table.
    pub(crate) fn get(&self, table: &[&str], key: &str) -> Option<&str> {
        let mut item = self.document.as_item();
        for name in table {
            item = item.get(name)?;
        }
        item.get(key)?.as_str()
    }

    /// Sets the value of a key in a table.
    pub(crate) fn set(&mut self, table: &[&str], key: &str, value: impl Into<Value>) {
        let mut item = self.document.as_item_mut();
        for name in table {
            let entry = &mut item[name];
            if entry.is_none() {
                let mut table = Table::new();
                // A table that only contains tables needs no heading of its own.
                table.set_implicit(true);
                *entry = Item::Table(table);
            }
            item = entry;
        }
        item[key] = toml_edit::value(value);
    }

    /// Resolves the settings with the changes.
    pub(crate) fn settings(
        &self,
        flags: Flags,
        environment: &Environment,
    ) -> Result<Settings, Error> {
        let source = Source {
            path: self.path.clone(),
            text: self.document.to_string(),
        };
        Settings::from_source(Some(source), flags, environment)
    }

    /// Writes the file if anything has changed; returns its path if so.
    pub(crate) fn save(&self) -> Result<Option<&Path>, Error> {
        let text = self.document.to_string();
        if text == self.before {
            return Ok(None);
        }
        fs_err::write(&self.path, text)?;
        Ok(Some(&self.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_wrote_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(FILE_NAME);
        let before = "# ours\napp = \"A\" # short\n\n[pipeline]\nbranch = \"trunk\"\n";
        std::fs::write(&path, before).expect("written");
        let mut editor = Editor::open(folder.path()).expect("read");
        assert_eq!(editor.get(&["pipeline"], "branch"), Some("trunk"));
        assert_eq!(editor.get(&["stages", "prod"], "account"), None);
        assert!(editor.save().expect("saved").is_none());
        editor.set(&["pipeline"], "region", "eu-west-1");
        editor.set(&["stages", "prod"], "account", "111111111111");
        assert!(editor.save().expect("saved").is_some());
        assert_eq!(
            std::fs::read_to_string(&path).expect("read"),
            format!(
                "{before}region = \"eu-west-1\"\n\n[stages.prod]\naccount = \"111111111111\"\n"
            )
        );
    }
}
