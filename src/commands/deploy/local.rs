//! Deploys the stage on this machine.

use http::Method;

use crate::client::{Call, Client};
use crate::error::{Failure, Kind};
use crate::local::{self, BoundServer, Served, ServerOptions, ServerRecord, Started};
use crate::settings::Settings;
use crate::ui::{Message, Outcome, Ui};

use super::super::given_flags::LOCAL_OPTIONS;
use super::super::target::LocalStage;

/// Flags of `umb deploy local`.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = LOCAL_OPTIONS)]
pub(super) struct LocalOptions {
    /// Serve in this terminal until Ctrl-C, instead of in the background
    #[arg(long)]
    pub(super) foreground: bool,
    /// The port to serve on [default: the last one, or any free one]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,
    /// Accept only requests that are signed with the stage's own key, like AWS_IAM
    #[arg(long)]
    auth: bool,
}

impl LocalOptions {
    /// Starts the server in the background, or finds the running one.
    pub(super) async fn deploy(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let stage = LocalStage::new(settings)?;
        let options = ServerOptions {
            folder: &stage.folder,
            port: self.port.or(settings.local_port()),
            auth: self.auth,
        };
        let responds = async |server: &ServerRecord| responds(&stage.client(server)).await;
        let started = local::start(options, responds).await?;
        let outcome = match &started {
            Started::Fresh(_) => Outcome::Created,
            Started::Restarted(_) => Outcome::Restarted,
            Started::AlreadyRunning(_) => Outcome::Unchanged,
        };
        ui.say(deployed(&stage, started.record(), outcome));
        Ok(())
    }

    /// Serves in this process until Ctrl-C.
    pub(super) async fn serve(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let stage = LocalStage::new(settings)?;
        let port = self.port.or(settings.local_port());
        let server = BoundServer::new(&stage.folder, port, self.auth).await?;
        ui.say(deployed(&stage, &server.record, Outcome::Created));
        ui.note("serving until Ctrl-C");
        match server.serve().await? {
            Served::ToTheEnd => Ok(()),
            Served::Interrupted => Err(Failure::new(Kind::Interrupted, "interrupted")),
        }
    }
}

fn deployed(stage: &LocalStage, server: &ServerRecord, outcome: Outcome) -> Message {
    Message::Deployed {
        stack: stage.name.clone(),
        outcome,
        outputs: stage.outputs(server),
    }
}

/// Whether the API of a local server responds.
async fn responds(client: &Client) -> bool {
    let call = Call::new(Method::GET, "users?limit=1");
    client.ask(&call).await.is_ok()
}
