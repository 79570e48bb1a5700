//! `umb.toml` as it is written: found, read, and its keys checked.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};

use semver::{Version, VersionReq};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_aux::serde_introspection::serde_introspect;
use toml::de::{DeTable, DeValue};

use crate::model::{App, FunctionTable, PermissionsBoundary, PipelineTable, StageName, StageTable};

use super::error::Error;
use super::source::Source;

/// The file's name, looked for in the current folder and every folder above it.
pub(super) const FILE_NAME: &str = "umb.toml";

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table of keys")]
pub(super) struct File {
    /// Which umb the file is for; [`check_version`] has checked it.
    #[serde(default, rename = "umb")]
    _umb: Option<String>,
    pub(super) app: Option<App>,
    pub(super) default_stage: Option<StageName>,
    pub(super) permissions_boundary: Option<PermissionsBoundary>,
    #[serde(default)]
    pub(super) function: FunctionTable,
    #[serde(default)]
    pub(super) pipeline: PipelineTable,
    #[serde(default)]
    pub(super) stages: Stages,
}

/// The tables `[stages.NAME]`.
#[derive(Debug, Default)]
pub(super) struct Stages {
    pub(super) local: LocalTable,
    pub(super) cloud: BTreeMap<StageName, StageTable>,
}

/// The table `[stages.local]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table of the local stage's keys")]
pub(super) struct LocalTable {
    pub(super) port: Option<NonZeroU16>,
}

impl<'de> Deserialize<'de> for Stages {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ByName;

        impl<'de> Visitor<'de> for ByName {
            type Value = Stages;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a table of stages")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Stages, A::Error> {
                let mut stages = Stages::default();
                while let Some(name) = map.next_key::<StageName>()? {
                    if name.as_str() == StageName::LOCAL {
                        stages.local = map.next_value()?;
                    } else {
                        stages.cloud.insert(name, map.next_value()?);
                    }
                }
                Ok(stages)
            }
        }

        deserializer.deserialize_map(ByName)
    }
}

impl File {
    /// Parses the text of a file.
    pub(super) fn parse(source: &Source) -> Result<Self, Error> {
        check_version(source)?;
        check_keys(source)?;
        toml::from_str(&source.text).map_err(|error| source.misfit(&error))
    }
}

/// Reads the file nearest to the folder `from`, upwards; `None` if there is none.
pub(super) fn read_nearest(from: &Path) -> Result<Option<Source>, Error> {
    let Some(path) = find(from) else {
        return Ok(None);
    };
    // A link is followed; reading a pipe would wait for a writer.
    let kind = fs_err::metadata(&path)?;
    if !kind.is_file() {
        return Err(Error::NoFile { path });
    }
    let text = fs_err::read_to_string(&path)?;
    Ok(Some(Source { path, text }))
}

/// Whatever has the file's name counts, also a link to nothing: the defaults would be for another app.
fn find(from: &Path) -> Option<PathBuf> {
    from.ancestors()
        .map(|folder| folder.join(FILE_NAME))
        .find(|path| path.symlink_metadata().is_ok())
}

/// Refuses a file that is for another umb: `umb = ">=0.2"`. Before anything else, because that umb may know keys that
/// this one does not.
fn check_version(source: &Source) -> Result<(), Error> {
    let root = source.table()?;
    let Some(value) = root.get_ref().get("umb") else {
        return Ok(());
    };
    let rule = "must be the versions of umb that the file is for, such as \">=0.2\"";
    let wanted = value.get_ref().as_str().unwrap_or_default();
    let requirement = VersionReq::parse(wanted).map_err(|_| source.invalid("umb", rule))?;
    let version = env!("CARGO_PKG_VERSION");
    match Version::parse(version) {
        Ok(actual) if !requirement.matches(&actual) => Err(source.other_version(wanted, version)),
        _ => Ok(()),
    }
}

/// Refuses keys that no table has, with the nearest one that it has.
fn check_keys(source: &Source) -> Result<(), Error> {
    let root = source.table()?;
    let root = root.get_ref();
    check_table(source, root, "", serde_introspect::<File>())?;
    for (name, known) in [
        ("function", serde_introspect::<FunctionTable>()),
        ("pipeline", serde_introspect::<PipelineTable>()),
    ] {
        if let Some(table) = table(root, name) {
            check_table(source, table, &format!("{name}."), known)?;
        }
    }
    for (name, stage) in table(root, "stages").into_iter().flatten() {
        let known = if name.get_ref() == StageName::LOCAL {
            serde_introspect::<LocalTable>()
        } else {
            serde_introspect::<StageTable>()
        };
        if let DeValue::Table(stage) = stage.get_ref() {
            check_table(source, stage, &format!("stages.{}.", name.get_ref()), known)?;
        }
    }
    Ok(())
}

fn table<'a, 'i>(parent: &'a DeTable<'i>, name: &str) -> Option<&'a DeTable<'i>> {
    match parent.get(name)?.get_ref() {
        DeValue::Table(table) => Some(table),
        _ => None,
    }
}

fn check_table(
    source: &Source,
    table: &DeTable<'_>,
    prefix: &str,
    known: &[&str],
) -> Result<(), Error> {
    let unknown = table
        .keys()
        .find(|key| !known.contains(&key.get_ref().as_ref()));
    unknown.map_or(Ok(()), |key| Err(source.unknown_key(prefix, key, known)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<File, Error> {
        File::parse(&Source {
            path: FILE_NAME.into(),
            text: text.to_owned(),
        })
    }

    fn error(text: &str) -> String {
        parse(text).expect_err("refused").to_string()
    }

    #[test]
    fn the_known_keys_are_those_of_the_types() {
        assert!(serde_introspect::<StageTable>().contains(&"throttling_rate"));
        assert!(!serde_introspect::<StageTable>().contains(&"app"));
        assert!(serde_introspect::<PipelineTable>().contains(&"branch"));
        assert_eq!(serde_introspect::<LocalTable>(), ["port"]);
    }

    #[test]
    fn an_unknown_key_has_its_line_and_the_nearest_one() {
        let Err(Error::UnknownKey {
            line, key, nearest, ..
        }) = parse("app = \"A\"\n\nstages.dev.reigon = \"x\"")
        else {
            panic!("accepted");
        };
        assert_eq!((line, key.as_str()), (3, "stages.dev.reigon"));
        assert_eq!(nearest.as_deref(), Some("stages.dev.region"));
    }

    #[test]
    fn a_wrong_value_has_its_line_and_key() {
        for (text, expected) in [
            ("app = \"A\"\n\n=", "umb.toml:3: "),
            (
                "\napp = \"a-b\"",
                "umb.toml:2: app = \"a-b\": must be a letter and up to 23 more letters and digits",
            ),
            (
                "[stages.dev]\nthrottling_rate = 0",
                "umb.toml:2: stages.dev.throttling_rate = 0: must be at least 1",
            ),
            (
                "[stages.dev]\nallowed_cidrs = [\n \"192.0.2.0/24\",\n \"x\"]",
                "umb.toml:4: stages.dev.allowed_cidrs = \"x\": must be a block of addresses, such as 192.0.2.0/24",
            ),
            (
                "[stages.dev]\nregion = 3",
                "umb.toml:2: stages.dev.region = 3: invalid type: integer `3`, expected a string",
            ),
            (
                "[stages.Dev]\n",
                "umb.toml:1: stages.Dev: must be a lowercase letter and up to 23 more lowercase letters and digits",
            ),
            (
                "stages.all = {}",
                "umb.toml:1: stages.all: is a reserved name",
            ),
            (
                "stages.dev = 3",
                "umb.toml:1: stages.dev = 3: invalid type: integer `3`, expected a table of the stage's keys",
            ),
        ] {
            assert!(error(text).starts_with(expected), "{}", error(text));
        }
    }

    #[test]
    fn a_file_for_another_umb_says_so_before_its_keys_are_looked_at() {
        assert!(parse("umb = \">=0.1\"").is_ok());
        let other = error("umb = \">=99\"\nnever_heard_of = 1");
        assert!(
            other.starts_with("umb.toml:1: this is for umb >=99, and this umb is "),
            "{other}"
        );
        for text in ["umb = 2", "umb = \"newest\""] {
            assert!(
                error(text).contains("must be the versions of umb"),
                "{}",
                error(text)
            );
        }
    }

    #[test]
    fn the_functions_source_is_below_the_file() {
        assert!(parse("function.source = \"handler\"").is_ok());
        for source in ["", "/handler", "../handler", "a/../../b"] {
            let text = error(&format!("function.source = \"{source}\""));
            assert!(
                text.contains("must be a folder below that of umb.toml"),
                "{text}"
            );
        }
    }

    #[test]
    fn the_nearest_file_upwards_is_found() {
        let top = tempfile::tempdir().expect("a folder");
        let below = top.path().join("a/b");
        std::fs::create_dir_all(&below).expect("created");
        assert_eq!(find(&below), None);
        let file = top.path().join(FILE_NAME);
        std::fs::write(&file, "").expect("written");
        assert_eq!(find(&below), Some(file));
    }
}
