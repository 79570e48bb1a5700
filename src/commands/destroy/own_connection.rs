//! The connection that umb created for the app.

use crate::aws::AwsEnv;
use crate::model::App;
use crate::pipeline::{self, Connection};
use crate::settings::Settings;
use crate::ui::Ui;

use super::app_env::AppEnv;

/// Finds the connection that umb created for the app, and where it is. If that cannot be found out, it warns.
pub(super) async fn find<'a>(
    settings: &Settings,
    all: &'a [AppEnv],
    ui: &Ui,
) -> Option<(&'a AwsEnv, Connection)> {
    let configured = settings.connection().ok();
    let may_have_one =
        |here: &&AppEnv| configured.is_some() || here.has_pipeline || here.has_bootstrap;
    for here in all.iter().filter(may_have_one) {
        match find_in(&here.env, &settings.app, configured, ui).await {
            Ok(None) => {}
            Ok(Some(connection)) => return Some((&here.env, connection)),
            Err(error) => {
                ui.warning(format!(
                    "cannot find out whether there is a connection: {error}"
                ));
            }
        }
    }
    None
}

/// Finds the connection with this name or ARN, or any, if umb created it for the app.
async fn find_in(
    env: &AwsEnv,
    app: &App,
    configured: Option<&str>,
    ui: &Ui,
) -> Result<Option<Connection>, pipeline::Error> {
    for connection in pipeline::connections(env).await? {
        let Connection { name, arn, .. } = &connection;
        if configured.is_some_and(|configured| configured != name && configured != arn) {
            continue;
        }
        if pipeline::is_own_connection(env, app, &connection).await? {
            return Ok(Some(connection));
        }
        if configured.is_some() {
            ui.note(&format!(
                "the connection {name} stays: umb did not create it"
            ));
        }
    }
    Ok(None)
}

/// Deletes a connection that no other pipeline uses.
pub(super) async fn delete(env: &AwsEnv, connection: &Connection, ui: &Ui) {
    let name = &connection.name;
    match pipeline::delete_connection(env, connection).await {
        Ok(()) => ui.note(&format!("connection deleted: {name}")),
        Err(error) => ui.warning(format!("{error}: it stays")),
    }
}
