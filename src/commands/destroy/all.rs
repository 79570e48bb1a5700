//! `umb destroy all`: what uses something goes before it. Stages, pipeline, roles, buckets, connection.

use std::fmt;

use crate::deploy::{self, Cloud, Standing};
use crate::error::Failure;
use crate::pipeline::{self, Pipeline};
use crate::settings::{LOCAL, Settings};
use crate::template;
use crate::ui::Ui;

use super::{DestroyArgs, inventory, place};

impl DestroyArgs {
    /// Looks everywhere first, asks once about all that is there, and only then begins.
    pub(super) async fn destroy_all(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let app = &settings.app;
        let all = everywhere(settings).await?;
        if all.is_empty() {
            ui.note("AWS is not configured here: only this machine is looked at");
        }
        for there in &all {
            ui.note(&there.to_string());
        }
        let is_protected = all
            .iter()
            .any(|there| there.is_protected || (self.delete_data && !there.only_tables.is_empty()));
        let question = if is_protected && !self.delete_data {
            format!("Destroy all this of {app}, and the local stage? Protected tables stay")
        } else {
            format!("Destroy all this of {app}, with all users, and the local stage?")
        };
        self.agree(ui, &question, app, is_protected).await?;
        // Nothing may deploy anew what was just destroyed.
        for there in all.iter().filter(|there| there.has_pipeline) {
            Pipeline::of(&there.cloud, app).halt().await?;
        }
        for there in &all {
            for stage in there.all() {
                self.destroy_stage(&there.cloud, app, stage, ui).await?;
            }
        }
        for there in all.iter().filter(|there| there.has_pipeline) {
            there.destroy_pipeline(app, ui).await?;
        }
        for there in all.iter().filter(|there| there.has_bootstrap) {
            there.destroy_bootstrap(app, ui).await?;
        }
        for there in &all {
            deploy::destroy_bucket(&there.cloud, app, &*ui.reporter()).await?;
        }
        destroy_connection(settings, ui).await?;
        for there in &all {
            for stage in there.all() {
                inventory(&there.cloud, app, stage, ui).await;
            }
        }
        let local = Self {
            target: LOCAL.to_owned(),
            yes: true,
            confirm: None,
            delete_data: false,
            json: self.json,
        };
        local.destroy_local(settings, ui).await
    }
}

/// What is there of the app in every account and region that the settings name.
async fn everywhere(settings: &Settings) -> Result<Vec<There>, Failure> {
    let mut places = settings.places()?;
    places.entry(settings.pipeline.place.clone()).or_default();
    // Places that are written differently may be the same.
    let mut known: Vec<(Cloud, Vec<String>)> = Vec::new();
    for (place, stages) in places {
        let Some(cloud) = Cloud::open_if_configured(&place).await? else {
            continue;
        };
        let is_same = |(other, _): &&mut (Cloud, Vec<String>)| {
            (other.account(), other.region()) == (cloud.account(), cloud.region())
        };
        match known.iter_mut().find(is_same) {
            Some((_, known)) => known.extend(stages),
            None => known.push((cloud, stages)),
        }
    }
    let mut all = Vec::new();
    for (cloud, stages) in known {
        all.push(There::look(cloud, &settings.app, &stages).await?);
    }
    Ok(all)
}

/// Deletes the connection that the settings name, if umb made it and no other pipeline uses it.
async fn destroy_connection(settings: &Settings, ui: &Ui) -> Result<(), Failure> {
    let Ok(wanted) = settings.connection() else {
        return Ok(());
    };
    let cloud = Cloud::open(&settings.pipeline.place).await?;
    let connection = match pipeline::find_connection(&cloud, wanted).await {
        Err(pipeline::Error::NoConnection { .. }) => return Ok(()),
        found => found?,
    };
    let name = &connection.name;
    if !pipeline::is_own_connection(&cloud, &settings.app, &connection).await? {
        ui.note(&format!("the connection {name} stays: umb did not make it"));
        return Ok(());
    }
    match pipeline::delete_connection(&cloud, &connection).await {
        Err(error @ pipeline::Error::ConnectionInUse { .. }) => {
            ui.note(&format!("{error}: it stays"));
        }
        deleted => {
            deleted?;
            ui.note(&format!("connection deleted: {name}"));
        }
    }
    Ok(())
}

/// What is there of the app in one account and region.
struct There {
    cloud: Cloud,
    /// The stages that have a stack, whether the settings still know them or not.
    stages: Vec<String>,
    /// Those of which only the table is left.
    only_tables: Vec<String>,
    is_protected: bool,
    has_pipeline: bool,
    has_bootstrap: bool,
}

impl There {
    async fn look(cloud: Cloud, app: &str, known: &[String]) -> Result<Self, Failure> {
        let stages = cloud.deployed_stages(app).await?;
        let mut is_protected = false;
        for stage in &stages {
            is_protected |= Standing::look(&cloud, app, stage).await?.is_protected();
        }
        let mut only_tables = Vec::new();
        for stage in known.iter().filter(|stage| !stages.contains(stage)) {
            match deploy::has_retained_table(&cloud, app, stage).await {
                // Somebody else's, whatever it is called.
                Err(deploy::Error::ForeignTable { .. }) | Ok(false) => {}
                Ok(true) => only_tables.push(stage.clone()),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Self {
            has_pipeline: has(&cloud, &template::pipeline_name(app), app).await?,
            has_bootstrap: has(&cloud, &template::bootstrap_name(app), app).await?,
            cloud,
            stages,
            only_tables,
            is_protected,
        })
    }

    fn all(&self) -> impl Iterator<Item = &String> {
        self.stages.iter().chain(&self.only_tables)
    }

    /// Destroys the pipeline, unless a person protected it.
    async fn destroy_pipeline(&self, app: &str, ui: &Ui) -> Result<(), Failure> {
        let name = template::pipeline_name(app);
        if self.stays(&name, app, ui).await? {
            return Ok(());
        }
        if pipeline::destroy(&self.cloud, app, &*ui.reporter()).await? {
            ui.destroyed(&name);
        }
        Ok(())
    }

    /// Destroys the roles of the pipeline, unless a person protected them, or a stack that remains needs them.
    async fn destroy_bootstrap(&self, app: &str, ui: &Ui) -> Result<(), Failure> {
        let name = template::bootstrap_name(app);
        if self.stays(&name, app, ui).await? {
            return Ok(());
        }
        let dependents = deploy::dependents(&self.cloud, app).await?;
        if !dependents.is_empty() {
            let stacks = dependents.join(", ");
            ui.warning(&format!(
                "{name} stays: without its roles, CloudFormation could not even delete {stacks}"
            ));
            return Ok(());
        }
        if deploy::destroy_lone(&self.cloud, &name, app, &*ui.reporter()).await? {
            ui.destroyed(&name);
        }
        Ok(())
    }

    /// Whether a stack stays because a person protected it: umb itself protects none of these.
    async fn stays(&self, name: &str, app: &str, ui: &Ui) -> Result<bool, Failure> {
        let stack = deploy::find(&self.cloud, name, app).await?;
        let stays = stack.is_some_and(|stack| stack.is_protected);
        if stays {
            ui.warning(&format!(
                "{name} stays: somebody has protected it from deletion"
            ));
        }
        Ok(stays)
    }
}

async fn has(cloud: &Cloud, name: &str, app: &str) -> Result<bool, Failure> {
    match deploy::find(cloud, name, app).await {
        // Somebody else's, whatever it is called.
        Err(deploy::Error::Foreign { .. }) => Ok(false),
        found => Ok(found?.is_some()),
    }
}

impl fmt::Display for There {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: ", place(&self.cloud))?;
        if self.all().next().is_none() {
            write!(formatter, "no stage, ")?;
        }
        for stage in &self.stages {
            write!(formatter, "{stage}, ")?;
        }
        for stage in &self.only_tables {
            write!(formatter, "the table of {stage}, ")?;
        }
        if self.has_pipeline {
            write!(formatter, "the pipeline, ")?;
        }
        if self.has_bootstrap {
            write!(formatter, "its roles, ")?;
        }
        write!(formatter, "and the asset bucket")
    }
}
