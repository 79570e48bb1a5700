//! What exists of the app in one account and region.

use std::fmt;

use crate::aws::AwsEnv;
use crate::error::Failure;
use crate::model::{App, StackRef, StageName};
use crate::pipeline;
use crate::settings::Settings;
use crate::stack::{self, delete_if_owned, find_app_stack};
use crate::stage::{self, StageState, deployed_stages};
use crate::ui::{Message, Ui};

/// What exists of the app in one account and region.
pub(super) struct AppEnv {
    pub(super) env: AwsEnv,
    /// The stages that have a stack, whether `umb.toml` still knows them or not.
    stages: Vec<StageName>,
    /// The stages of which only the table is left.
    pub(super) only_tables: Vec<StageName>,
    pub(super) is_protected: bool,
    pub(super) has_pipeline: bool,
    pub(super) has_bootstrap: bool,
}

impl AppEnv {
    /// Looks in every account and region that the settings name.
    pub(super) async fn look_everywhere(settings: &Settings) -> Result<Vec<Self>, Failure> {
        let mut targets = settings.stages_by_env();
        targets.entry(settings.pipeline.env()).or_default();
        // Different settings may lead to the same account and region.
        let mut distinct: Vec<(AwsEnv, Vec<StageName>)> = Vec::new();
        for (target, stages) in targets {
            let Some(env) = AwsEnv::open_if_configured(&target).await? else {
                continue;
            };
            let is_same = |(other, _): &&mut (AwsEnv, Vec<StageName>)| {
                (other.account(), other.region()) == (env.account(), env.region())
            };
            match distinct.iter_mut().find(is_same) {
                Some((_, known)) => known.extend(stages),
                None => distinct.push((env, stages)),
            }
        }
        let mut all = Vec::new();
        for (env, stages) in distinct {
            all.push(Self::look(env, &settings.app, &stages).await?);
        }
        Ok(all)
    }

    async fn look(env: AwsEnv, app: &App, known: &[StageName]) -> Result<Self, Failure> {
        let stages = deployed_stages(&env, app).await?;
        let mut is_protected = false;
        for stage in &stages {
            is_protected |= StageState::look(&env, app, stage).await?.is_protected();
        }
        let mut only_tables = Vec::new();
        for stage in known.iter().filter(|stage| !stages.contains(stage)) {
            match stage::has_table(&env, app, stage).await {
                // It belongs to somebody else, whatever its name.
                Err(stage::Error::ForeignTable { .. }) | Ok(false) => {}
                Ok(true) => only_tables.push(stage.clone()),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Self {
            has_pipeline: exists(&env, StackRef::pipeline(app)).await?,
            has_bootstrap: exists(&env, StackRef::bootstrap(app)).await?,
            env,
            stages,
            only_tables,
            is_protected,
        })
    }

    /// The stages of which anything exists.
    pub(super) fn stages(&self) -> impl Iterator<Item = &StageName> {
        self.stages.iter().chain(&self.only_tables)
    }

    /// Destroys the pipeline's roles, unless a person protected them, or a remaining stack needs them.
    pub(super) async fn destroy_bootstrap(&self, app: &App, ui: &Ui) -> Result<(), Failure> {
        let id = StackRef::bootstrap(app);
        if self.must_stay(&id, ui).await? {
            return Ok(());
        }
        let dependents = pipeline::dependents(&self.env, app).await?;
        if !dependents.is_empty() {
            let stacks = dependents.join(", ");
            ui.warning(format!(
                "{id} stays: without its roles, CloudFormation could not even delete {stacks}"
            ));
            return Ok(());
        }
        let name = id.name();
        if delete_if_owned(&self.env, id, &*ui.reporter()).await? {
            ui.say(Message::Destroyed { stack: name });
        }
        Ok(())
    }

    /// Whether a stack must stay because a person protected it; says so. umb itself protects none of these.
    pub(super) async fn must_stay(&self, id: &StackRef, ui: &Ui) -> Result<bool, Failure> {
        let stack = find_app_stack(&self.env, id.clone()).await?;
        let must_stay = stack.is_some_and(|stack| stack.details.is_protected);
        if must_stay {
            ui.warning(format!(
                "{id} stays: somebody has protected it from deletion"
            ));
        }
        Ok(must_stay)
    }
}

async fn exists(env: &AwsEnv, id: StackRef) -> Result<bool, Failure> {
    match find_app_stack(env, id).await {
        // It belongs to somebody else, whatever its name.
        Err(stack::Error::Foreign { .. }) => Ok(false),
        found => Ok(found?.is_some()),
    }
}

impl fmt::Display for AppEnv {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<_> = self.stages.iter().map(StageName::to_string).collect();
        parts.extend(
            self.only_tables
                .iter()
                .map(|stage| format!("the table of {stage}")),
        );
        if parts.is_empty() {
            parts.push("no stage".to_owned());
        }
        parts.extend(self.has_pipeline.then(|| "the pipeline".to_owned()));
        parts.extend(self.has_bootstrap.then(|| "its roles".to_owned()));
        let (account, region) = (self.env.account(), self.env.region());
        let parts = parts.join(", ");
        write!(
            formatter,
            "account {account}, {region}: {parts}, and the asset bucket"
        )
    }
}
