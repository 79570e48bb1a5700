//! Which connection a command line means.

use crate::aws::AwsEnv;
use crate::error::Failure;
use crate::pipeline::{self, Connection};
use crate::settings::Settings;

/// Names a connection.
#[derive(Debug, clap::Args)]
pub(super) struct ConnectionArg {
    /// Its name or ARN [default: that of [pipeline] in umb.toml, the app's name]
    connection: Option<String>,
}

impl ConnectionArg {
    pub(super) async fn find(
        &self,
        env: &AwsEnv,
        settings: &Settings,
    ) -> Result<Connection, Failure> {
        let name = self.connection.as_deref();
        let name = name.or(settings.pipeline.connection.as_deref());
        let name = name.unwrap_or(settings.app.as_str());
        Ok(pipeline::find_connection(env, name).await?)
    }
}
