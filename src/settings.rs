//! What the user decided: `umb.toml`, the environment and flags, resolved once.
//!
//! Flags beat the environment, the environment beats the file, the file beats the defaults, which
//! are the seed's values. Commands get [`Settings`] and never look at the three sources again.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use serde::Deserialize;

use crate::deploy::Place;
use crate::template::{self, Authorization, Billing};

/// The file's name, looked for in the current folder and every folder above it.
pub(crate) const FILE_NAME: &str = "umb.toml";
/// The stage on this machine.
pub(crate) const LOCAL: &str = "local";
/// What a stage cannot be called, because targets of other kinds are.
const RESERVED: [&str; 3] = ["all", "bootstrap", "pipeline"];
/// So that the asset bucket's name fits into 63 characters.
const LONGEST_NAME: usize = 24;

/// What is wrong with what the user decided.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("cannot read {}", path.display())]
    Unreadable {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{}:{line}: {message}", path.display())]
    Syntax {
        path: PathBuf,
        line: usize,
        message: String,
    },
    #[error("{}: unknown key `{key}`", path.display())]
    UnknownKey {
        path: PathBuf,
        key: String,
        nearest: Option<String>,
        known: Vec<String>,
    },
    #[error("{name} = {value:?} {rule}")]
    Invalid {
        name: String,
        value: String,
        rule: &'static str,
    },
    #[error("there is no stage `{name}`")]
    NoSuchStage { name: String, known: Vec<String> },
    #[error("no home folder is known to keep the local stage in")]
    NoHome,
}

/// Everything resolved.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// The app's name, the first part of every stack's.
    pub(crate) app: String,
    /// The stage to use where none is named, if that was decided.
    pub(crate) default_stage: Option<String>,
    /// The named profile, if one was chosen by flag or environment.
    profile: Option<String>,
    /// Whether it was chosen by flag.
    only_profile: bool,
    /// The region, if one was chosen by flag or environment.
    region: Option<String>,
    stages: BTreeMap<String, StageFile>,
    local_port: Option<NonZeroU16>,
}

/// One cloud stage, resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stage {
    /// What shows in its templates.
    pub(crate) spec: template::Stage,
    /// Where it is to be.
    pub(crate) place: Place,
}

/// What the command line says about settings.
#[derive(Debug, Default, Clone)]
pub(crate) struct Flags {
    pub(crate) region: Option<String>,
    pub(crate) profile: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table of keys")]
struct File {
    app: Option<String>,
    default_stage: Option<String>,
    #[serde(default)]
    stages: BTreeMap<String, StageFile>,
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table of the stage's keys")]
struct StageFile {
    account: Option<String>,
    region: Option<String>,
    profile: Option<String>,
    billing: Option<BillingMode>,
    read_capacity: Option<u32>,
    write_capacity: Option<u32>,
    reserved_concurrency: Option<u32>,
    authorization: Option<Authorization>,
    log_retention_days: Option<u32>,
    port: Option<NonZeroU16>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum BillingMode {
    OnDemand,
    Provisioned,
}

/// The keys of each table of the file, for a hint at the nearest one.
const KEYS: [&str; 3] = ["app", "default_stage", "stages"];
const CLOUD_KEYS: [&str; 9] = [
    "account",
    "authorization",
    "billing",
    "log_retention_days",
    "profile",
    "read_capacity",
    "region",
    "reserved_concurrency",
    "write_capacity",
];
const LOCAL_KEYS: [&str; 1] = ["port"];

/// What CloudWatch Logs takes:
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html>.
const RETENTIONS: [u32; 22] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
];

impl Settings {
    /// Resolves the settings as seen from the folder `from`.
    pub(crate) fn resolve(from: &Path, flags: Flags) -> Result<Self, Error> {
        let file = match find(from) {
            Some(path) => File::read(&path)?,
            None => File::default(),
        };
        let app = match file.app {
            Some(app) => valid_app(app)?,
            None => "UserManagementBackend".to_owned(),
        };
        let mut stages = file.stages;
        for name in stages.keys() {
            valid_stage_name(name)?;
        }
        let local_port = stages.remove(LOCAL).and_then(|local| local.port);
        stages.entry("dev".to_owned()).or_default();
        stages.entry("prod".to_owned()).or_default();
        let variable = |name| env::var(name).ok().filter(|value| !value.is_empty());
        let settings = Self {
            app,
            default_stage: variable("UMB_STAGE").or(file.default_stage),
            only_profile: flags.profile.is_some(),
            profile: flags.profile.or_else(|| variable("AWS_PROFILE")),
            region: flags
                .region
                .or_else(|| variable("AWS_REGION"))
                .or_else(|| variable("AWS_DEFAULT_REGION")),
            stages,
            local_port,
        };
        for name in settings.cloud_stage_names() {
            settings.cloud_stage(&name)?;
        }
        Ok(settings)
    }

    /// The names of all cloud stages, in alphabetical order.
    pub(crate) fn cloud_stage_names(&self) -> Vec<String> {
        self.stages.keys().cloned().collect()
    }

    /// Every place that a cloud stage is to be in, each once.
    pub(crate) fn places(&self) -> Result<BTreeSet<Place>, Error> {
        self.stages
            .keys()
            .map(|name| Ok(self.cloud_stage(name)?.place))
            .collect()
    }

    /// The port of the local stage, if that was decided.
    pub(crate) fn local_port(&self) -> Option<u16> {
        self.local_port.map(NonZeroU16::get)
    }

    /// The cloud stage `name`.
    pub(crate) fn cloud_stage(&self, name: &str) -> Result<Stage, Error> {
        if name == LOCAL {
            return Err(Error::Invalid {
                name: "stage".to_owned(),
                value: name.to_owned(),
                rule: "is on this machine, not on AWS",
            });
        }
        let Some(file) = self.stages.get(name) else {
            let mut known = self.cloud_stage_names();
            known.push(LOCAL.to_owned());
            return Err(Error::NoSuchStage {
                name: name.to_owned(),
                known,
            });
        };
        let (billing, concurrency) = match name {
            "prod" => (BillingMode::Provisioned, Some(10)),
            "dev" => (BillingMode::OnDemand, Some(1)),
            _ => (BillingMode::OnDemand, None),
        };
        let billing = match file.billing.unwrap_or(billing) {
            BillingMode::OnDemand => Billing::OnDemand,
            BillingMode::Provisioned => Billing::Provisioned {
                read: valid_capacity("read_capacity", file.read_capacity)?,
                write: valid_capacity("write_capacity", file.write_capacity)?,
            },
        };
        Ok(Stage {
            spec: template::Stage {
                app: self.app.clone(),
                name: name.to_owned(),
                billing,
                // 0 would stop the function from running at all, so it says "none".
                reserved_concurrency: file
                    .reserved_concurrency
                    .or(concurrency)
                    .filter(|concurrency| *concurrency > 0),
                authorization: file.authorization.unwrap_or(Authorization::AwsIam),
                log_retention_days: valid_retention(file.log_retention_days.unwrap_or(30))?,
            },
            place: Place {
                account: file.account.clone().map(valid_account).transpose()?,
                region: self.region.clone().or_else(|| file.region.clone()),
                profile: self.profile.clone().or_else(|| file.profile.clone()),
                only_profile: self.only_profile,
            },
        })
    }

    /// Where the local stage of this app keeps its data: below the user's state folder (XDG base
    /// directory specification; on macOS and elsewhere too, for one rule).
    pub(crate) fn local_folder(&self) -> Result<PathBuf, Error> {
        let strategy = etcetera::base_strategy::Xdg::new().map_err(|_| Error::NoHome)?;
        let state = strategy.state_dir().ok_or(Error::NoHome)?;
        Ok(state.join("umb").join(&self.app).join(LOCAL))
    }
}

impl File {
    fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(|source| Error::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(path, &text)
    }

    fn parse(path: &Path, text: &str) -> Result<Self, Error> {
        let syntax = |error: toml::de::Error| Error::Syntax {
            path: path.to_owned(),
            line: error
                .span()
                .map_or(1, |span| text[..span.start].matches('\n').count() + 1),
            message: error.message().to_owned(),
        };
        let table: toml::Table = toml::from_str(text).map_err(syntax)?;
        check_keys(path, &table, &KEYS, "")?;
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

fn valid_stage_name(name: &str) -> Result<(), Error> {
    let invalid = |rule| Error::Invalid {
        name: "stage".to_owned(),
        value: name.to_owned(),
        rule,
    };
    if RESERVED.contains(&name) {
        return Err(invalid("is reserved: it is a target of another kind"));
    }
    if !is_name(name, |letter| letter.is_ascii_lowercase()) {
        return Err(invalid(
            "must be a small letter and up to 23 more small letters and digits",
        ));
    }
    Ok(())
}

fn valid_app(app: String) -> Result<String, Error> {
    if is_name(&app, |letter| letter.is_ascii_alphabetic()) {
        Ok(app)
    } else {
        Err(Error::Invalid {
            name: "app".to_owned(),
            value: app,
            rule: "must be a letter and up to 23 more letters and digits",
        })
    }
}

fn is_name(text: &str, is_letter: fn(char) -> bool) -> bool {
    text.len() <= LONGEST_NAME
        && text.starts_with(is_letter)
        && text
            .chars()
            .all(|letter| letter.is_ascii_digit() || is_letter(letter))
}

fn valid_account(account: String) -> Result<String, Error> {
    if account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(account)
    } else {
        Err(Error::Invalid {
            name: "account".to_owned(),
            value: account,
            rule: "must be the 12 digits of an AWS account, in quotes",
        })
    }
}

fn valid_capacity(name: &str, units: Option<u32>) -> Result<u32, Error> {
    match units {
        None => Ok(5),
        Some(0) => Err(Error::Invalid {
            name: name.to_owned(),
            value: "0".to_owned(),
            rule: "must be at least 1",
        }),
        Some(units) => Ok(units),
    }
}

fn valid_retention(days: u32) -> Result<u32, Error> {
    if RETENTIONS.contains(&days) {
        Ok(days)
    } else {
        Err(Error::Invalid {
            name: "log_retention_days".to_owned(),
            value: days.to_string(),
            rule: "must be one that CloudWatch Logs knows: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, \
                   180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653",
        })
    }
}
