//! `umb destroy all`: what uses something goes before it. Stages, pipeline, roles, buckets, connection.

use std::fmt;

use crate::deploy::{self, Cloud, Standing};
use crate::error::Failure;
use crate::pipeline::{self, Connection, Pipeline};
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
        let connection = own_connection(settings, &all, ui).await;
        if let Some((_, connection)) = &connection {
            ui.note(&format!(
                "the connection {} to {}",
                connection.name, connection.provider
            ));
        }
        let is_protected = all
            .iter()
            .any(|there| there.is_protected || (self.delete_data && !there.only_tables.is_empty()));
        let question = if is_protected && !self.delete_data {
            format!("Protected tables stay. Destroy all this of {app}, and the local stage?")
        } else {
            format!("Destroy all this of {app}, with all users, and the local stage?")
        };
        self.agree(ui, &question, app, is_protected).await?;
        self.destroy_stages_and_pipelines(app, &all, ui).await?;
        for there in &all {
            deploy::destroy_bucket(&there.cloud, app, &*ui.reporter()).await?;
        }
        if let Some((cloud, connection)) = &connection {
            destroy_connection(cloud, connection, ui).await;
        }
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

    /// Destroys what CloudFormation has made: the stages, then what deploys them, then the roles that it had for that.
    async fn destroy_stages_and_pipelines(
        &self,
        app: &str,
        all: &[There],
        ui: &Ui,
    ) -> Result<(), Failure> {
        // Nothing may deploy anew what was just destroyed, whoever keeps the pipeline.
        let with_pipeline = || all.iter().filter(|there| there.has_pipeline);
        for there in with_pipeline() {
            Pipeline::of(&there.cloud, app).halt().await?;
        }
        for there in all {
            for stage in there.all() {
                self.destroy_stage(&there.cloud, app, stage, ui).await?;
            }
        }
        let mut has_pipeline_that_stays = false;
        for there in with_pipeline() {
            if there.stays(&template::pipeline_name(app), app, ui).await? {
                has_pipeline_that_stays = true;
            } else if pipeline::destroy(&there.cloud, app, &*ui.reporter()).await? {
                ui.destroyed(&template::pipeline_name(app));
            }
        }
        if has_pipeline_that_stays {
            ui.warning(
                "the pipeline's roles stay with it; it takes no commits until `umb deploy pipeline`",
            );
            return Ok(());
        }
        for there in all.iter().filter(|there| there.has_bootstrap) {
            there.destroy_bootstrap(app, ui).await?;
        }
        Ok(())
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

/// The connection that umb made for the app, with where it is. That it cannot be found out is no failure.
async fn own_connection<'a>(
    settings: &Settings,
    all: &'a [There],
    ui: &Ui,
) -> Option<(&'a Cloud, Connection)> {
    let named = settings.connection().ok();
    let may_have_one =
        |there: &&There| named.is_some() || there.has_pipeline || there.has_bootstrap;
    for there in all.iter().filter(may_have_one) {
        match find_own(&there.cloud, &settings.app, named, ui).await {
            Ok(None) => {}
            Ok(Some(connection)) => return Some((&there.cloud, connection)),
            Err(error) => {
                ui.warning(&format!(
                    "whether there is a connection cannot be told: {error}"
                ));
            }
        }
    }
    None
}

/// The connection with this name or ARN, or any, if umb made it for the app.
async fn find_own(
    cloud: &Cloud,
    app: &str,
    named: Option<&str>,
    ui: &Ui,
) -> Result<Option<Connection>, pipeline::Error> {
    for connection in pipeline::connections(cloud).await? {
        let Connection { name, arn, .. } = &connection;
        if named.is_some_and(|named| named != name && named != arn) {
            continue;
        }
        if pipeline::is_own_connection(cloud, app, &connection).await? {
            return Ok(Some(connection));
        }
        if named.is_some() {
            ui.note(&format!("the connection {name} stays: umb did not make it"));
        }
    }
    Ok(None)
}

/// Deletes a connection that no other pipeline uses.
async fn destroy_connection(cloud: &Cloud, connection: &Connection, ui: &Ui) {
    let name = &connection.name;
    match pipeline::delete_connection(cloud, connection).await {
        Ok(()) => ui.note(&format!("connection deleted: {name}")),
        Err(error) => ui.warning(&format!("{error}: it stays")),
    }
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
