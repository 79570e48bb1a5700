//! `umb.toml` while it is written: what a person wrote there stays as it is.

use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item, Table, Value};

use super::file::{FILE_NAME, File};
use super::{Error, Flags, Settings};

/// The file of one folder, with what is to be in it.
#[derive(Debug)]
pub(crate) struct Draft {
    path: PathBuf,
    before: String,
    document: DocumentMut,
}

impl Draft {
    /// What the folder's file says; nothing, where there is none yet.
    pub(crate) fn open(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(FILE_NAME);
        let before = match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(source) => return Err(Error::Unreadable { path, source }),
            Ok(text) => text,
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

    /// The text that a key of a table has.
    pub(crate) fn get(&self, table: &[&str], key: &str) -> Option<&str> {
        let mut item = self.document.as_item();
        for name in table {
            item = item.get(name)?;
        }
        item.get(key)?.as_str()
    }

    /// Gives a key of a table a value.
    pub(crate) fn set(&mut self, table: &[&str], key: &str, value: impl Into<Value>) {
        let mut item = self.document.as_item_mut();
        for name in table {
            let entry = &mut item[name];
            if entry.is_none() {
                let mut table = Table::new();
                // What only has tables in it needs no heading of its own.
                table.set_implicit(true);
                *entry = Item::Table(table);
            }
            item = entry;
        }
        item[key] = toml_edit::value(value);
    }

    /// What the settings are with what is to be in it.
    pub(crate) fn settings(&self, flags: Flags) -> Result<Settings, Error> {
        let file = File::parse(&self.path, &self.document.to_string())?;
        Settings::of(Some(self.path.clone()), file, flags)
    }

    /// Writes it, if anything has changed; answers where.
    pub(crate) fn save(&self) -> Result<Option<&Path>, Error> {
        let text = self.document.to_string();
        if text == self.before {
            return Ok(None);
        }
        std::fs::write(&self.path, text).map_err(|source| Error::Unwritable {
            path: self.path.clone(),
            source,
        })?;
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
        let mut draft = Draft::open(folder.path()).expect("read");
        assert_eq!(draft.get(&["pipeline"], "branch"), Some("trunk"));
        assert_eq!(draft.get(&["stages", "prod"], "account"), None);
        assert!(draft.save().expect("saved").is_none());
        draft.set(&["pipeline"], "region", "eu-west-1");
        draft.set(&["stages", "prod"], "account", "111111111111");
        assert!(draft.save().expect("saved").is_some());
        assert_eq!(
            std::fs::read_to_string(&path).expect("read"),
            format!(
                "{before}region = \"eu-west-1\"\n\n[stages.prod]\naccount = \"111111111111\"\n"
            )
        );
    }
}
