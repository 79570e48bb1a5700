//! `umb.toml` as it is written: found, read, and its keys checked.

use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::template::Authorization;

use super::{Error, LOCAL};

/// The file's name, looked for in the current folder and every folder above it.
pub(super) const FILE_NAME: &str = "umb.toml";

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table of keys")]
pub(super) struct File {
    pub(super) app: Option<String>,
    pub(super) default_stage: Option<String>,
    pub(super) permissions_boundary: Option<String>,
    #[serde(default)]
    pub(super) pipeline: PipelineFile,
    #[serde(default)]
    pub(super) stages: BTreeMap<String, StageFile>,
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table of the pipeline's keys")]
pub(super) struct PipelineFile {
    pub(super) account: Option<String>,
    pub(super) region: Option<String>,
    pub(super) profile: Option<String>,
    pub(super) connection: Option<String>,
    pub(super) repository: Option<String>,
    pub(super) branch: Option<String>,
    pub(super) paths: Option<Vec<String>>,
    pub(super) stages: Option<Vec<String>>,
    pub(super) approval: Option<Vec<String>>,
    pub(super) build_image: Option<String>,
    pub(super) compute_type: Option<String>,
    pub(super) buildspec: Option<String>,
    pub(super) notify: Option<String>,
    pub(super) log_retention_days: Option<u32>,
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table of the stage's keys")]
pub(super) struct StageFile {
    pub(super) account: Option<String>,
    pub(super) region: Option<String>,
    pub(super) profile: Option<String>,
    pub(super) billing: Option<BillingMode>,
    pub(super) read_capacity: Option<u32>,
    pub(super) write_capacity: Option<u32>,
    pub(super) reserved_concurrency: Option<u32>,
    pub(super) authorization: Option<Authorization>,
    pub(super) allowed_accounts: Option<Vec<String>>,
    pub(super) allowed_cidrs: Option<Vec<String>>,
    pub(super) throttling_rate: Option<u32>,
    pub(super) throttling_burst: Option<u32>,
    pub(super) log_retention_days: Option<u32>,
    pub(super) protected: Option<bool>,
    pub(super) port: Option<NonZeroU16>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum BillingMode {
    OnDemand,
    Provisioned,
}

/// The keys of each table of the file, for a hint at the nearest one.
const KEYS: [&str; 5] = [
    "app",
    "default_stage",
    "permissions_boundary",
    "pipeline",
    "stages",
];
const PIPELINE_KEYS: [&str; 14] = [
    "account",
    "approval",
    "branch",
    "build_image",
    "buildspec",
    "compute_type",
    "connection",
    "log_retention_days",
    "notify",
    "paths",
    "profile",
    "region",
    "repository",
    "stages",
];
const CLOUD_KEYS: [&str; 14] = [
    "account",
    "allowed_accounts",
    "allowed_cidrs",
    "authorization",
    "billing",
    "log_retention_days",
    "profile",
    "protected",
    "read_capacity",
    "region",
    "reserved_concurrency",
    "throttling_burst",
    "throttling_rate",
    "write_capacity",
];
const LOCAL_KEYS: [&str; 1] = ["port"];

impl File {
    /// Reads the file that is nearest to the folder `from`, with its path; one that says nothing where there is none.
    pub(super) fn find(from: &Path) -> Result<(Option<PathBuf>, Self), Error> {
        let path = find(from);
        let file = path.as_deref().map(Self::read).transpose()?;
        Ok((path, file.unwrap_or_default()))
    }

    fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(|source| Error::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(path, &text)
    }

    pub(super) fn parse(path: &Path, text: &str) -> Result<Self, Error> {
        let syntax = |error: toml::de::Error| Error::Syntax {
            path: path.to_owned(),
            line: error
                .span()
                .map_or(1, |span| text[..span.start].matches('\n').count() + 1),
            message: error.message().to_owned(),
        };
        let table: toml::Table = toml::from_str(text).map_err(syntax)?;
        check_keys(path, &table, &KEYS, "")?;
        if let Some(toml::Value::Table(pipeline)) = table.get("pipeline") {
            check_keys(path, pipeline, &PIPELINE_KEYS, "pipeline.")?;
        }
        if let Some(toml::Value::Table(stages)) = table.get("stages") {
            for (name, stage) in stages {
                let keys: &[&str] = if name == LOCAL {
                    &LOCAL_KEYS
                } else {
                    &CLOUD_KEYS
                };
                if let toml::Value::Table(stage) = stage {
                    check_keys(path, stage, keys, &format!("stages.{name}."))?;
                }
            }
        }
        toml::from_str(text).map_err(syntax)
    }
}

fn check_keys(path: &Path, table: &toml::Table, known: &[&str], prefix: &str) -> Result<(), Error> {
    for key in table.keys() {
        if !known.contains(&key.as_str()) {
            return Err(Error::UnknownKey {
                path: path.to_owned(),
                key: format!("{prefix}{key}"),
                nearest: nearest(key, known).map(|nearest| format!("{prefix}{nearest}")),
                known: known.iter().map(|key| format!("{prefix}{key}")).collect(),
            });
        }
    }
    Ok(())
}

/// The word of `known` that `word` most likely meant.
fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|candidate| (strsim::jaro_winkler(word, candidate), *candidate))
        .filter(|(similarity, _)| *similarity > 0.7)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, candidate)| candidate)
}

fn find(from: &Path) -> Option<PathBuf> {
    from.ancestors()
        .map(|folder| folder.join(FILE_NAME))
        .find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<File, Error> {
        File::parse(Path::new("umb.toml"), text)
    }

    #[test]
    fn every_known_key_is_one_that_the_file_has() {
        let value = |key: &&str| match *key {
            "account" | "branch" | "build_image" | "buildspec" | "compute_type" | "connection"
            | "notify" | "profile" | "region" | "repository" => "\"x\"",
            "authorization" => "\"AWS_IAM\"",
            "billing" => "\"on-demand\"",
            "protected" => "true",
            "allowed_accounts" | "allowed_cidrs" | "approval" | "paths" | "stages" => "[]",
            _ => "1",
        };
        let table = |keys: &[&str]| {
            let pairs: Vec<_> = keys
                .iter()
                .map(|key| format!("{key} = {}", value(key)))
                .collect();
            pairs.join("\n")
        };
        let text = format!(
            "app = \"A\"\ndefault_stage = \"dev\"\npermissions_boundary = \"B\"\n[pipeline]\n{}\n[stages.dev]\n{}\n[stages.local]\n{}",
            table(&PIPELINE_KEYS),
            table(&CLOUD_KEYS),
            table(&LOCAL_KEYS)
        );
        parse(&text).expect("valid");
        let known: toml::Table = toml::from_str(&text).expect("valid");
        assert_eq!(known.keys().collect::<Vec<_>>(), KEYS.each_ref());
    }

    #[test]
    fn the_nearest_key_is_named() {
        let Err(Error::UnknownKey { key, nearest, .. }) = parse("stages.dev.reigon = \"x\"") else {
            panic!("accepted");
        };
        assert_eq!(key, "stages.dev.reigon");
        assert_eq!(nearest.as_deref(), Some("stages.dev.region"));
    }

    #[test]
    fn a_syntax_error_has_its_line() {
        let Err(Error::Syntax { line, .. }) = parse("app = \"A\"\n\n=") else {
            panic!("accepted");
        };
        assert_eq!(line, 3);
    }

    #[test]
    fn the_nearest_file_upward_is_found() {
        let top = tempfile::tempdir().expect("a folder");
        let below = top.path().join("a/b");
        std::fs::create_dir_all(&below).expect("created");
        assert_eq!(find(&below), None);
        let file = top.path().join(FILE_NAME);
        std::fs::write(&file, "").expect("written");
        assert_eq!(find(&below), Some(file));
    }
}
