//! The settings, resolved from their sources.

use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;

use crate::model::{
    App, FunctionSource, PermissionsBoundary, Pipeline, PipelineSpec, PipelineStage, Region,
    StageName, StageSpec, StageTable, TargetEnv,
};

use super::environment::{Environment, Flags};
use super::error::Error;
use super::file::{File, read_nearest};
use super::source::Source;

/// Everything, resolved.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// The app's name, the first part of every stack's name.
    pub(crate) app: App,
    /// The stage to use where none is named, if that was decided.
    pub(crate) default_stage: Option<StageName>,
    pub(crate) pipeline: PipelineSpec,
    /// The policy that bounds every role of the app, where an account requires one.
    pub(crate) boundary: Option<PermissionsBoundary>,
    function: Option<FunctionSource>,
    /// What the command line decided.
    pub(crate) flags: Flags,
    stages: BTreeMap<StageName, StageSpec>,
    local_port: Option<NonZeroU16>,
    source: Option<Source>,
}

impl Settings {
    /// Resolves the settings as seen from the folder `from`.
    pub(crate) fn resolve(
        from: &Path,
        flags: Flags,
        environment: &Environment,
    ) -> Result<Self, Error> {
        let source = read_nearest(from)?;
        Self::from_source(source, flags, environment)
    }

    /// Resolves the settings of a file.
    pub(super) fn from_source(
        source: Option<Source>,
        flags: Flags,
        environment: &Environment,
    ) -> Result<Self, Error> {
        let file = source.as_ref().map(File::parse).transpose()?;
        let file = file.unwrap_or_default();
        let conflict = |table: &str, conflict: crate::model::SettingConflict| {
            let key = format!("{table}.{}", conflict.key);
            source
                .clone()
                .unwrap_or_default()
                .invalid(&key, conflict.rule)
        };
        let mut pipeline = PipelineSpec::default()
            .with(file.pipeline)
            .map_err(|error| conflict("pipeline", error))?;
        (pipeline.region, pipeline.shell_region) =
            region_of(pipeline.region.take(), &flags, environment);
        override_profile(&mut pipeline.profile, &flags, environment);
        pipeline.only_profile = flags.profile.is_some();
        if pipeline.buildspec.is_some() && file.function.source.is_none() {
            let rule = "has no effect without function.source: the pipeline does not build umb, only a function of the \
                        repository's own";
            let source = source.clone().unwrap_or_default();
            return Err(source.invalid("pipeline.buildspec", rule));
        }
        let app = file.app.unwrap_or_default();
        let mut tables = file.stages.cloud;
        for name in [StageName::dev(), StageName::prod()] {
            tables.entry(name).or_default();
        }
        let mut stages = BTreeMap::new();
        for (name, table) in tables {
            let mut stage = StageSpec::new(app.clone(), name.clone())
                .with(&table)
                .map_err(|error| conflict(&format!("stages.{name}"), error))?;
            inherit(&mut stage, &table, &pipeline);
            (stage.region, stage.shell_region) =
                region_of(stage.region.take(), &flags, environment);
            override_profile(&mut stage.profile, &flags, environment);
            stage.only_profile = flags.profile.is_some();
            stage.boundary.clone_from(&file.permissions_boundary);
            stages.insert(name, stage);
        }
        Ok(Self {
            app,
            default_stage: environment.stage.clone().or(file.default_stage),
            pipeline,
            boundary: file.permissions_boundary,
            function: file.function.source,
            flags,
            stages,
            local_port: file.stages.local.port,
            source,
        })
    }

    /// The file that the settings come from, if there is one.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.source.as_ref().map(|source| source.path.as_path())
    }

    /// The folder with the source of the function that the stages run; `None` for the embedded function.
    pub(crate) fn function_source(&self) -> Option<PathBuf> {
        let root = self.path()?.parent()?;
        Some(root.join(self.function.as_ref()?.as_str()))
    }

    /// All stages on AWS, in alphabetical order.
    pub(crate) fn stages(&self) -> impl Iterator<Item = &StageSpec> {
        self.stages.values()
    }

    /// The stage `name` on AWS.
    ///
    /// # Errors
    /// When there is no such stage.
    pub(crate) fn stage(&self, name: &str) -> Result<&StageSpec, Error> {
        let found = self.stages.iter().find(|(known, _)| known.as_str() == name);
        found.map(|(_, stage)| stage).ok_or_else(|| {
            let mut known: Vec<_> = self.stages.keys().map(StageName::to_string).collect();
            known.push(StageName::LOCAL.to_owned());
            Error::NoSuchStage {
                name: name.to_owned(),
                known,
            }
        })
    }

    /// Every account and region that a stage is to be in, each once, with the names of those stages.
    pub(crate) fn stages_by_env(&self) -> BTreeMap<TargetEnv, Vec<StageName>> {
        let mut envs = BTreeMap::<_, Vec<_>>::new();
        for (name, stage) in &self.stages {
            envs.entry(stage.env()).or_default().push(name.clone());
        }
        envs
    }

    /// The port of the local stage, if that was decided.
    pub(crate) fn local_port(&self) -> Option<u16> {
        self.local_port.map(NonZeroU16::get)
    }

    /// The folder of the app's local stage, below the user's state folder (XDG base directory specification; on macOS and
    /// elsewhere too, for one rule).
    pub(crate) fn local_folder(&self) -> Result<PathBuf, Error> {
        let strategy = etcetera::base_strategy::Xdg::new().map_err(|_| Error::NoHome)?;
        let state = strategy.state_dir().ok_or(Error::NoHome)?;
        Ok(state
            .join("umb")
            .join(self.app.as_str())
            .join(StageName::LOCAL))
    }

    /// The name or ARN of the connection to the pipeline's repository.
    ///
    /// # Errors
    /// When `umb.toml` does not set it, or does not exist.
    pub(crate) fn connection(&self) -> Result<&str, Error> {
        if self.source.is_none() {
            return Err(Error::NoSettings);
        }
        let connection = self.pipeline.connection.as_deref();
        connection.ok_or(Error::Missing {
            key: "pipeline.connection",
        })
    }

    /// The pipeline, with the connection as `umb.toml` names it.
    ///
    /// # Errors
    /// When `umb.toml` does not set everything that the pipeline needs, or has a stage that the pipeline cannot deploy.
    pub(crate) fn pipeline(&self) -> Result<Pipeline, Error> {
        let spec = self.pipeline.clone();
        let missing = |key| Error::Missing { key };
        let connection = self.connection()?.to_owned();
        let account = spec.account.clone();
        let account = account.ok_or_else(|| missing("pipeline.account"))?;
        let region = spec.region.clone();
        let region = region.ok_or_else(|| missing("pipeline.region"))?;
        let repository = spec.repository.clone();
        let repository = repository.ok_or_else(|| missing("pipeline.repository"))?;
        let stages = spec.stages.iter().map(|name| {
            let stage = self.stage(name.as_str())?;
            self.check_deployable(stage, &region)?;
            Ok(PipelineStage {
                name: name.clone(),
                account: stage.account.clone().unwrap_or_else(|| account.clone()),
                needs_approval: spec.approval.contains(name),
            })
        });
        Ok(Pipeline {
            app: self.app.clone(),
            stages: stages.collect::<Result<_, Error>>()?,
            account,
            region,
            connection,
            repository,
            boundary: self.boundary.clone(),
            builds_function: self.function.is_some(),
            spec,
        })
    }

    /// Refuses a stage that the pipeline cannot deploy from `region`.
    fn check_deployable(&self, stage: &StageSpec, region: &Region) -> Result<(), Error> {
        let invalid = |key: &str, rule: &str| {
            let source = self.source.clone().unwrap_or_default();
            source.invalid(&format!("stages.{}.{key}", stage.name), rule)
        };
        if !stage.allowed_cidrs.is_empty() {
            let rule = "the pipeline's smoke test would be refused: its address is CodeBuild's";
            return Err(invalid("allowed_cidrs", rule));
        }
        if stage.region.as_ref().is_some_and(|other| other != region) {
            let rule = "must be the pipeline's region, where it deploys its stages";
            return Err(invalid("region", rule));
        }
        Ok(())
    }
}

/// Takes what a stage does not set from the pipeline that deploys it.
fn inherit(stage: &mut StageSpec, table: &StageTable, pipeline: &PipelineSpec) {
    if !pipeline.stages.contains(&stage.name) {
        return;
    }
    // A profile's credentials belong to its account.
    if table.account.is_none() {
        stage.account.clone_from(&pipeline.account);
        if stage.profile.is_none() {
            stage.profile.clone_from(&pipeline.profile);
        }
    }
    if stage.region.is_none() {
        stage.region.clone_from(&pipeline.region);
    }
}

/// Returns the region, and the shell's if that contradicts it. A flag decides. The shell's region may have been set for
/// something else, so it is used only where the file has none.
fn region_of(
    file: Option<Region>,
    flags: &Flags,
    environment: &Environment,
) -> (Option<Region>, Option<Region>) {
    if let Some(region) = &flags.region {
        return (Some(region.clone()), None);
    }
    let Some(region) = file else {
        return (environment.region.clone(), None);
    };
    let other = environment.region.clone();
    let other = other.filter(|other| *other != region);
    (Some(region), other)
}

/// Applies what the command line and the environment decided.
fn override_profile(profile: &mut Option<String>, flags: &Flags, environment: &Environment) {
    if let Some(chosen) = flags.profile.as_ref().or(environment.profile.as_ref()) {
        *profile = Some(chosen.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(text: &str, flags: Flags, environment: &Environment) -> Settings {
        let source = Source {
            path: "umb.toml".into(),
            text: text.to_owned(),
        };
        Settings::from_source(Some(source), flags, environment).expect("valid")
    }

    fn plain(text: &str) -> Settings {
        resolved(text, Flags::default(), &Environment::default())
    }

    fn region(text: &str) -> Region {
        text.parse().expect("valid")
    }

    #[test]
    fn without_a_file_there_are_two_stages() {
        let settings = Settings::from_source(None, Flags::default(), &Environment::default());
        let settings = settings.expect("valid");
        assert_eq!(settings.app, App::default());
        let names: Vec<_> = settings.stages().map(|stage| stage.name.as_str()).collect();
        assert_eq!(names, ["dev", "prod"]);
    }

    #[test]
    fn flags_decide_and_the_shell_does_not_move_a_stage() {
        let text = "stages.dev = { region = \"us-east-1\", profile = \"file\" }";
        let environment = Environment {
            region: Some(region("us-east-2")),
            profile: Some("environment".to_owned()),
            stage: None,
        };
        let flags = Flags {
            region: Some(region("eu-west-1")),
            profile: Some("flag".to_owned()),
        };
        for (settings, expected, shell, profile) in [
            (plain(text), "us-east-1", None, "file"),
            (
                resolved(text, Flags::default(), &environment),
                "us-east-1",
                Some("us-east-2"),
                "environment",
            ),
            (
                resolved("", Flags::default(), &environment),
                "us-east-2",
                None,
                "environment",
            ),
            (
                resolved(text, flags, &environment),
                "eu-west-1",
                None,
                "flag",
            ),
        ] {
            let env = settings.stage("dev").expect("a stage").env();
            assert_eq!(env.region, Some(region(expected)));
            assert_eq!(env.shell_region, shell.map(region));
            assert_eq!(env.profile.as_deref(), Some(profile));
            assert_eq!(env.only_profile, profile == "flag");
        }
    }

    #[test]
    fn a_stage_that_the_pipeline_deploys_is_where_the_pipeline_is() {
        let settings = plain(
            "pipeline = { account = \"111111111111\", profile = \"tools\", stages = [\"prod\", \"qa\"] }\n\
             stages.qa.account = \"222222222222\"",
        );
        let env = |name: &str| {
            let env = settings.stage(name).expect("a stage").env();
            let account = env.account.map(|account| account.to_string());
            (account.unwrap_or_default(), env.profile.unwrap_or_default())
        };
        let of = |account: &str, profile: &str| (account.to_owned(), profile.to_owned());
        assert_eq!(env("prod"), of("111111111111", "tools"));
        assert_eq!(env("qa"), of("222222222222", ""));
        assert_eq!(env("dev"), of("", ""));
    }

    #[test]
    fn a_setting_without_effect_has_its_line() {
        let source = Source {
            path: "umb.toml".into(),
            text: "app = \"A\"\n[stages.dev]\nbilling = \"on-demand\"\nread_capacity = 7"
                .to_owned(),
        };
        let refused =
            Settings::from_source(Some(source), Flags::default(), &Environment::default());
        let text = refused.expect_err("refused").to_string();
        assert!(
            text.starts_with("umb.toml:4: stages.dev.read_capacity = 7: has no effect with "),
            "{text}"
        );
    }

    #[test]
    fn every_account_and_region_is_listed_once() {
        let settings = plain(
            "stages.dev.region = \"us-east-1\"\nstages.prod.region = \"us-east-2\"\nstages.qa.region = \"us-east-1\"",
        );
        let stages: Vec<_> = settings
            .stages_by_env()
            .into_iter()
            .map(|(env, stages)| {
                let names: Vec<_> = stages.iter().map(StageName::to_string).collect();
                (env.region, names.join(" "))
            })
            .collect();
        assert_eq!(
            stages,
            [
                (Some(region("us-east-1")), "dev qa".to_owned()),
                (Some(region("us-east-2")), "prod".to_owned())
            ]
        );
    }
}
