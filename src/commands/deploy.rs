//! `umb deploy`

use http::Method;

use crate::deploy::{self, Artifact, Deployed, Outcome, Outputs};
use crate::error::Failure;
use crate::settings::{LOCAL, Settings};
use crate::template::Authorization;
use crate::ui::Ui;
use crate::{api, artifact, local};

use super::stage::{CloudStage, LocalStage};

/// Deploy a stage, or bring a deployed one up to date
#[derive(Debug, clap::Args)]
pub(crate) struct DeployArgs {
    /// The stage: local, dev, prod, or one of umb.toml
    target: String,
    /// Serve the local stage in this terminal, until Ctrl-C, instead of in the background
    #[arg(long)]
    foreground: bool,
    /// The port of the local stage, instead of a free one
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,
}

impl DeployArgs {
    /// Whether it stays until it is told to stop.
    pub(super) fn is_foreground(&self) -> bool {
        self.foreground
    }

    pub(super) async fn run(self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        if self.target == LOCAL {
            return self.deploy_local(settings, ui).await;
        }
        if self.foreground || self.port.is_some() {
            return Err(Failure::usage(
                "--foreground and --port are for the local stage only",
            ));
        }
        deploy_cloud(&CloudStage::open(settings, &self.target).await?, ui).await
    }

    async fn deploy_local(self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let stage = LocalStage::of(settings)?;
        let port = self.port.or(settings.local_port());
        if self.foreground {
            let server = local::Ready::new(&stage.folder, port).await?;
            show(ui, &stage.name, "", stage.outputs(&server.record));
            ui.note("serving until Ctrl-C");
            return Ok(server.serve().await?);
        }
        let wish = local::Wish {
            folder: &stage.folder,
            port,
        };
        let started = local::start(wish, answers).await?;
        let outcome = match &started {
            local::Started::New(_) => "",
            local::Started::Again(_) => " (restarted)",
            local::Started::Found(_) => " (no changes)",
        };
        show(ui, &stage.name, outcome, stage.outputs(started.record()));
        Ok(())
    }
}

/// Whether the API of a local server answers.
async fn answers(server: &local::Record) -> bool {
    let client = api::Client::new(server.url(), None);
    client
        .send(Method::GET, "users?limit=1", None)
        .await
        .is_ok()
}

async fn deploy_cloud(target: &CloudStage, ui: &Ui) -> Result<(), Failure> {
    let spec = &target.stage.spec;
    if spec.authorization == Authorization::None {
        ui.warning(&format!(
            "authorization = \"NONE\": anyone can read and change the users of the stage {}",
            spec.name
        ));
    }
    let artifact = Artifact {
        zip: artifact::ZIP,
        sha256: artifact::SHA256,
        architecture: artifact::ARCHITECTURE,
    };
    let done = |deployed: Deployed| {
        let outcome = match deployed.outcome {
            Outcome::Created | Outcome::Updated => "",
            Outcome::Unchanged => " (no changes)",
        };
        let outputs = [(deployed.stack.clone(), deployed.outputs)].into();
        show(ui, &deployed.stack, outcome, outputs);
    };
    deploy::deploy_stage(&target.cloud, spec, artifact, &*ui.reporter(), done).await?;
    Ok(())
}

/// Shows a stack that is as it should be, in the shape that CDK made familiar.
fn show(ui: &Ui, stack: &str, outcome: &str, outputs: Outputs) {
    ui.print(&format!(" ✅  {stack}{outcome}\n"));
    for (stack, outputs) in outputs {
        for (key, value) in outputs {
            ui.print(&format!("{stack}.{key} = {value}"));
        }
    }
    ui.print("");
}
