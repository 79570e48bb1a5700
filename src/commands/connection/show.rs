//! What a person must do before a connection can be used.

use crate::aws::AwsEnv;
use crate::error::Failure;
use crate::pipeline::{self, Connection, ConnectionStatus};
use crate::ui::Ui;

/// Waits until a connection can be used. Before that, says what a person must do.
pub(super) async fn until_available(
    ui: &Ui,
    env: &AwsEnv,
    connection: Connection,
) -> Result<Connection, Failure> {
    if connection.status == ConnectionStatus::Available {
        return Ok(connection);
    }
    explain_status(ui, env, &connection);
    Ok(pipeline::until_available(env, &connection).await?)
}

/// Says what a person must do before a connection can be used, if anything.
pub(in crate::commands) fn explain_status(ui: &Ui, env: &AwsEnv, connection: &Connection) {
    let (name, provider) = (&connection.name, &connection.provider);
    let page = pipeline::finish_page(env);
    match connection.status {
        ConnectionStatus::Available => {}
        ConnectionStatus::Pending => ui.note(&format!(
            "{name} is pending until a person authorizes it at {provider}: open\n  {page}\n\
             choose {name}, then \"Update pending connection\""
        )),
        ConnectionStatus::Error => ui.note(&format!(
            "{provider} no longer accepts {name}: delete it and create it again"
        )),
    }
}
