//! `umb destroy all`: stages, pipeline, roles, buckets, connection. What uses something goes before it.

use crate::error::Failure;
use crate::model::{App, StackRef};
use crate::pipeline::{self, PipelineRuns};
use crate::settings::Settings;
use crate::stack::asset_bucket;
use crate::ui::{Message, Ui};

use super::app_env::AppEnv;
use super::consent::Consent;
use super::local::destroy_local;
use super::own_connection;
use super::stage::{destroy, report_leftovers};

/// Looks everywhere first, asks once about everything that exists, and starts only then.
pub(super) async fn destroy_all(
    settings: &Settings,
    consent: &Consent<'_>,
    ui: &Ui,
) -> Result<(), Failure> {
    let app = &settings.app;
    let all = AppEnv::look_everywhere(settings).await?;
    if all.is_empty() {
        ui.note("AWS is not configured: only this machine is checked");
    }
    for here in &all {
        ui.note(&here.to_string());
    }
    let connection = own_connection::find(settings, &all, ui).await;
    if let Some((_, connection)) = &connection {
        let (name, provider) = (&connection.name, &connection.provider);
        ui.note(&format!("the connection {name} to {provider}"));
    }
    ask(&all, consent, ui).await?;
    destroy_stages(app, &all, consent, ui).await?;
    destroy_pipelines(app, &all, ui).await?;
    for here in &all {
        asset_bucket::destroy(&here.env, app, &*ui.reporter()).await?;
    }
    if let Some((env, connection)) = &connection {
        own_connection::delete(env, connection, ui).await;
    }
    for here in &all {
        for stage in here.stages() {
            report_leftovers(&here.env, app, stage, ui).await;
        }
    }
    destroy_local(settings, true, ui).await
}

async fn ask(all: &[AppEnv], consent: &Consent<'_>, ui: &Ui) -> Result<(), Failure> {
    let app = consent.app;
    let is_protected =
        |here: &AppEnv| here.is_protected || (consent.delete_data && !here.only_tables.is_empty());
    let is_protected = all.iter().any(is_protected);
    let question = if all.is_empty() {
        "Destroy the local stage, with all its users?".to_owned()
    } else if is_protected && !consent.delete_data {
        format!(
            "Protected tables stay. Destroy everything else of {app} that is listed above, and the local stage?"
        )
    } else {
        format!(
            "Destroy everything of {app} that is listed above, with all users, and the local stage?"
        )
    };
    consent.ask(&question, app.as_str(), is_protected, ui).await
}

async fn destroy_stages(
    app: &App,
    all: &[AppEnv],
    consent: &Consent<'_>,
    ui: &Ui,
) -> Result<(), Failure> {
    // Stop every pipeline first, even a protected one: it could deploy again what was just destroyed.
    for here in all.iter().filter(|here| here.has_pipeline) {
        PipelineRuns::new(&here.env, app).halt().await?;
    }
    for here in all {
        for stage in here.stages() {
            destroy(&here.env, stage, consent, ui).await?;
        }
    }
    Ok(())
}

/// Destroys the pipelines, and the roles that they had.
async fn destroy_pipelines(app: &App, all: &[AppEnv], ui: &Ui) -> Result<(), Failure> {
    let id = StackRef::pipeline(app);
    let mut is_left = false;
    for here in all.iter().filter(|here| here.has_pipeline) {
        if here.must_stay(&id, ui).await? {
            is_left = true;
        } else if pipeline::destroy(&here.env, app, &*ui.reporter()).await? {
            ui.say(Message::Destroyed { stack: id.name() });
        }
    }
    if is_left {
        ui.warning(
            "the pipeline's roles stay with it; it takes no commits until `umb deploy pipeline`",
        );
        return Ok(());
    }
    for here in all.iter().filter(|here| here.has_bootstrap) {
        here.destroy_bootstrap(app, ui).await?;
    }
    Ok(())
}
