//! The stage on this machine.

use std::path::PathBuf;

use crate::client::{Client, Signer};
use crate::error::{Failure, Kind};
use crate::local::{self, ServerRecord};
use crate::model::{StageName, names};
use crate::settings::Settings;
use crate::stack::{ENDPOINT_URL, Outputs};
use crate::transfer::Table;

/// The stage on this machine.
pub(in crate::commands) struct LocalStage {
    /// What is shown where a stack's name would be.
    pub(in crate::commands) name: String,
    pub(in crate::commands) folder: PathBuf,
}

impl LocalStage {
    pub(in crate::commands) fn new(settings: &Settings) -> Result<Self, Failure> {
        Ok(Self {
            name: names::local_stage(&settings.app),
            folder: settings.local_folder()?,
        })
    }

    /// What a stack would output.
    pub(in crate::commands) fn outputs(&self, server: &ServerRecord) -> Outputs {
        let mut outputs = vec![
            (ENDPOINT_URL, server.url()),
            ("StateFolder", self.folder.display().to_string()),
        ];
        if let Some((_, path)) = self.key(server) {
            outputs.push(("CredentialsFile", path.display().to_string()));
        }
        let outputs = outputs
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value));
        [(self.name.clone(), outputs.collect())].into()
    }

    /// A client of its API, which signs if the server requires it.
    pub(in crate::commands) fn client(&self, server: &ServerRecord) -> Client {
        let signer = self
            .key(server)
            .map(|(key, _)| Signer::with_key(&key.id, &key.secret, StageName::LOCAL.to_owned()));
        Client::of_this_machine(server.url(), signer)
    }

    /// The key that the server requires, if it does, and its file.
    fn key(&self, server: &ServerRecord) -> Option<(local::Key, PathBuf)> {
        server.auth.then(|| local::key(&self.folder)).flatten()
    }

    /// The running server.
    ///
    /// # Errors
    /// When none is running.
    pub(super) fn server(&self) -> Result<ServerRecord, Failure> {
        let server = local::running(&self.folder)?;
        server.ok_or_else(|| {
            Self::is_not(if self.is_deployed() {
                "running"
            } else {
                "deployed"
            })
        })
    }

    /// Its table, whether its server is running or not.
    pub(super) fn table(&self) -> Result<Table, Failure> {
        if self.is_deployed() {
            Ok(Table::Local(local::Table::open(&self.folder)?))
        } else {
            Err(Self::is_not("deployed"))
        }
    }

    pub(in crate::commands) fn is_deployed(&self) -> bool {
        local::is_deployed(&self.folder)
    }

    fn is_not(state: &str) -> Failure {
        let name = StageName::LOCAL;
        Failure::new(Kind::Failed, format!("the stage {name} is not {state}"))
            .hint(format!("run `umb deploy {name}`"))
    }
}
