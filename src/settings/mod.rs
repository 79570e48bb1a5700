//! What the user decided: `umb.toml`, the environment and flags, resolved once.
//!
//! Flags beat the environment, the environment beats the file, the file beats the defaults, which
//! are the seed's values. Commands get [`Settings`] and never look at the three sources again.

mod draft;
mod file;
mod pipeline;
mod rules;

use std::collections::BTreeMap;
use std::env;
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;

use crate::deploy::Place;
use crate::template::{self, Authorization, Billing, Boundary, Throttling};

pub(crate) use draft::Draft;
use file::{BillingMode, File, StageFile};
pub(crate) use pipeline::{PLACEHOLDER, Pipeline};
use rules::{
    valid_account, valid_admission, valid_app, valid_limit, valid_retention, valid_stage_name,
};

/// The stage on this machine.
pub(crate) const LOCAL: &str = "local";
/// The target that is the pipeline.
pub(crate) const PIPELINE: &str = "pipeline";

/// What is wrong with what the user decided.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("cannot read {}", path.display())]
    Unreadable {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("cannot write {}", path.display())]
    Unwritable {
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
    #[error("umb.toml does not say `{key}`")]
    Missing { key: &'static str },
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
    /// The file that they come from, if there is one.
    pub(crate) path: Option<PathBuf>,
    /// The stage to use where none is named, if that was decided.
    pub(crate) default_stage: Option<String>,
    /// The named profile, if one was chosen by flag or environment.
    profile: Option<String>,
    /// Whether it was chosen by flag.
    only_profile: bool,
    /// The region, if one was chosen by flag or environment.
    region: Option<String>,
    /// What is to deploy the stages by itself.
    pub(crate) pipeline: Pipeline,
    stages: BTreeMap<String, StageFile>,
    local_port: Option<NonZeroU16>,
    /// The policy that bounds every role of the app, where an account asks for one.
    pub(crate) boundary: Option<Boundary>,
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

impl Settings {
    /// Resolves the settings as seen from the folder `from`.
    pub(crate) fn resolve(from: &Path, flags: Flags) -> Result<Self, Error> {
        let (path, file) = File::find(from)?;
        Self::of(path, file, flags)
    }

    /// What a file says, with what the environment and flags decided.
    fn of(path: Option<PathBuf>, file: File, flags: Flags) -> Result<Self, Error> {
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
        let only_profile = flags.profile.is_some();
        let profile = flags.profile.or_else(|| variable("AWS_PROFILE"));
        let region = flags
            .region
            .or_else(|| variable("AWS_REGION"))
            .or_else(|| variable("AWS_DEFAULT_REGION"));
        let settings = Self {
            app,
            path,
            default_stage: variable("UMB_STAGE").or(file.default_stage),
            pipeline: Pipeline::resolve(
                file.pipeline,
                Place {
                    account: None,
                    region: region.clone(),
                    profile: profile.clone(),
                    only_profile,
                },
            )?,
            boundary: file.permissions_boundary.map(Boundary),
            only_profile,
            profile,
            region,
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

    /// Every place that a cloud stage is to be in, each once, with the names of those stages.
    pub(crate) fn places(&self) -> Result<BTreeMap<Place, Vec<String>>, Error> {
        let mut places = BTreeMap::<_, Vec<_>>::new();
        for name in self.cloud_stage_names() {
            let place = self.cloud_stage(&name)?.place;
            places.entry(place).or_default().push(name);
        }
        Ok(places)
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
                read: valid_limit("read_capacity", file.read_capacity.unwrap_or(5))?,
                write: valid_limit("write_capacity", file.write_capacity.unwrap_or(5))?,
            },
        };
        let authorization = file.authorization.unwrap_or(Authorization::AwsIam);
        // A stage that the pipeline deploys is where the pipeline is, unless it says otherwise.
        let is_deployed_by_it = self.pipeline.stages.iter().any(|stage| stage == name);
        let by_pipeline = is_deployed_by_it.then_some(&self.pipeline.place);
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
                authorization,
                admission: valid_admission(
                    authorization,
                    file.allowed_accounts.clone().unwrap_or_default(),
                    file.allowed_cidrs.clone().unwrap_or_default(),
                )?,
                throttling: Throttling {
                    rate: valid_limit("throttling_rate", file.throttling_rate.unwrap_or(50))?,
                    burst: valid_limit("throttling_burst", file.throttling_burst.unwrap_or(100))?,
                },
                log_retention_days: valid_retention(file.log_retention_days.unwrap_or(30))?,
                protected: file.protected.unwrap_or(name == "prod"),
                boundary: self.boundary.clone(),
            },
            place: Place {
                account: file
                    .account
                    .clone()
                    .map(|account| valid_account("account", account))
                    .transpose()?
                    .or_else(|| by_pipeline?.account.clone()),
                region: self
                    .region
                    .clone()
                    .or_else(|| file.region.clone())
                    .or_else(|| by_pipeline?.region.clone()),
                // Its credentials are those of its account.
                profile: self
                    .profile
                    .clone()
                    .or_else(|| file.profile.clone())
                    .or_else(|| {
                        by_pipeline
                            .filter(|_| file.account.is_none())?
                            .profile
                            .clone()
                    }),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(text: &str, flags: Flags) -> Settings {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("umb.toml"), text).expect("written");
        Settings::resolve(folder.path(), flags).expect("valid")
    }

    #[test]
    fn without_a_file_the_stages_are_those_of_the_seed() {
        let settings = resolved("", Flags::default());
        assert_eq!(settings.app, "UserManagementBackend");
        assert_eq!(settings.cloud_stage_names(), ["dev", "prod"]);
        let dev = settings.cloud_stage("dev").expect("a stage").spec;
        assert_eq!(dev.billing, Billing::OnDemand);
        assert_eq!(dev.reserved_concurrency, Some(1));
        let prod = settings.cloud_stage("prod").expect("a stage").spec;
        assert_eq!(prod.billing, Billing::Provisioned { read: 5, write: 5 });
        assert_eq!(prod.reserved_concurrency, Some(10));
        for spec in [dev, prod] {
            assert_eq!(spec.authorization, Authorization::AwsIam);
        }
    }

    #[test]
    fn a_flag_beats_the_file() {
        let text = "stages.dev = { region = \"eu-west-1\", profile = \"file\" }";
        let flags = Flags {
            region: Some("us-east-1".to_owned()),
            profile: Some("flag".to_owned()),
        };
        let place = resolved(text, flags)
            .cloud_stage("dev")
            .expect("a stage")
            .place;
        assert_eq!(place.region.as_deref(), Some("us-east-1"));
        assert_eq!(place.profile.as_deref(), Some("flag"));
        assert!(place.only_profile);
    }

    #[test]
    fn a_stage_that_the_pipeline_deploys_is_where_the_pipeline_is() {
        let text = "pipeline = { account = \"111111111111\", profile = \"tools\", stages = [\"prod\", \"qa\"] }\n\
                    stages.qa.account = \"222222222222\"";
        let settings = resolved(text, Flags::default());
        let place = |name: &str| {
            let place = settings.cloud_stage(name).expect("a stage").place;
            (
                place.account.unwrap_or_default(),
                place.profile.unwrap_or_default(),
            )
        };
        // The environment's profile is everybody's, where it has one.
        let profile = settings.profile.clone();
        let of = |account: &str, own: &str| {
            (
                account.to_owned(),
                profile.clone().unwrap_or(own.to_owned()),
            )
        };
        assert_eq!(place("prod"), of("111111111111", "tools"));
        assert_eq!(place("qa"), of("222222222222", ""));
        assert_eq!(place("dev"), of("", ""));
    }

    #[test]
    fn no_reservation_is_said_with_zero() {
        let settings = resolved("stages.prod.reserved_concurrency = 0", Flags::default());
        let prod = settings.cloud_stage("prod").expect("a stage");
        assert_eq!(prod.spec.reserved_concurrency, None);
    }

    #[test]
    fn every_place_is_there_once() {
        let settings = resolved(
            "stages.dev.region = \"a\"\nstages.prod.region = \"b\"\nstages.qa.region = \"a\"",
            Flags {
                profile: Some("p".to_owned()),
                region: None,
            },
        );
        let regions: Vec<_> = settings
            .places()
            .expect("valid")
            .into_keys()
            .filter_map(|place| place.region)
            .collect();
        // Where the environment names a region, it is that of all of them.
        assert!(regions == ["a", "b"] || regions.len() == 1, "{regions:?}");
    }
}
