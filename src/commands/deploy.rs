//! `umb deploy`

use std::path::PathBuf;

use http::Method;

use crate::deploy::{
    self, Deployed, Desired, ENDPOINT_URL, Error, Outputs, Plan, Prepared, StackAction, Standing,
};
use crate::error::Failure;
use crate::settings::{LOCAL, PIPELINE, Settings};
use crate::template::Authorization;
use crate::ui::Ui;
use crate::{api, local};

use super::attended::{attended, interruptible};
use super::stage::{CloudStage, Deployment, LocalStage, refuse_protected};
use super::{lone, pipeline, plan};

/// How often a deploy plans anew because somebody else was faster.
const TRIES: usize = 3;

/// Deploy a stage, or bring a deployed one up to date
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(crate) struct DeployArgs {
    /// The stage: local, dev, prod, or one of umb.toml; or `pipeline`
    target: String,
    /// Serve the local stage in this terminal, until Ctrl-C, instead of in the background
    #[arg(long)]
    foreground: bool,
    /// The port of the local stage, instead of a free one
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,
    /// Let the local stage imitate AWS_IAM: only requests signed with its own key are let in
    #[arg(long)]
    auth: bool,
    /// Apply this plan, which `umb plan --out` saved, and nothing else
    #[arg(long, value_name = "FILE", conflicts_with_all = ["express", "revert_drift"])]
    plan: Option<PathBuf>,
    /// Put only the function's code there, directly; the next full deploy puts everything right
    #[arg(long, conflicts_with_all = ["plan", "express", "revert_drift"])]
    code_only: bool,
    /// Follow the execution that a new or changed pipeline begins
    #[arg(long)]
    follow: bool,
    // What the pipeline's UpdatePipeline says: its roles are not to be looked at.
    #[arg(long, hide = true)]
    self_update: bool,
    /// Show what happens as JSON, an object a line
    #[arg(long)]
    json: bool,
    /// Do not ask the API whether it answers, after the deploy
    #[arg(long)]
    no_verify: bool,
    /// Do not ask before permissions become broader or resources are replaced or deleted
    #[arg(long, short)]
    yes: bool,
    /// Go on although this table would be replaced or deleted, with its users
    #[arg(long, value_name = "TABLE_LOGICAL_ID")]
    allow_data_loss: Vec<String>,
    #[command(flatten)]
    deployment: Deployment,
}

impl DeployArgs {
    pub(super) fn is_for_programs(&self) -> bool {
        self.json
    }

    pub(super) async fn run(self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        if self.target == PIPELINE {
            return lone::resumable(self.deploy_pipeline(settings, ui)).await;
        }
        if self.follow || self.self_update {
            return Err(Failure::usage("--follow is for the pipeline only"));
        }
        if self.target == LOCAL && self.foreground {
            // A server has a way of its own to stop.
            return self.serve_local(settings, ui).await;
        }
        if self.target == LOCAL {
            return interruptible(self.deploy_local(settings, ui)).await;
        }
        if self.foreground || self.port.is_some() || self.auth {
            return Err(Failure::usage(
                "--auth, --foreground and --port are for the local stage only",
            ));
        }
        let plan = self.plan.as_deref().map(plan::load).transpose()?;
        let target = CloudStage::open(settings, &self.target).await?;
        attended(&target, ui, self.deploy_cloud(&target, plan, ui)).await
    }

    async fn deploy_pipeline(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let is_of_a_stage = self.foreground
            || self.port.is_some()
            || self.auth
            || self.plan.is_some()
            || self.code_only
            || self.no_verify
            || !self.allow_data_loss.is_empty()
            || self.deployment.is_special();
        if is_of_a_stage {
            return Err(Failure::usage(
                "the pipeline takes no flags but --follow, --json and --yes",
            ));
        }
        let way = pipeline::Way {
            yes: self.yes,
            is_self_update: self.self_update,
            follows: self.follow,
        };
        pipeline::deploy(settings, way, ui).await
    }

    async fn deploy_cloud(
        &self,
        target: &CloudStage,
        plan: Option<Plan>,
        ui: &Ui,
    ) -> Result<(), Failure> {
        let spec = &target.stage.spec;
        if spec.authorization == Authorization::None {
            ui.warning(&format!(
                "authorization = \"NONE\": anyone can read and change the users of the stage {}",
                spec.name
            ));
        }
        let desired = self.deployment.desired(&target.stage)?;
        if !self.allow_data_loss.is_empty() {
            refuse_protected(&target.stage, "--allow-data-loss")?;
        }
        if self.code_only {
            refuse_protected(&target.stage, "--code-only")?;
            return self.deploy_code(target, &desired, ui).await;
        }
        for _ in 1..TRIES {
            match self.deploy_once(target, &desired, plan.clone(), ui).await {
                Err(Stop::Engine(error)) if error.is_lost_race() && plan.is_none() => {
                    ui.warning(&format!("{error}: planning anew"));
                }
                other => return Ok(other?),
            }
        }
        Ok(self.deploy_once(target, &desired, plan, ui).await?)
    }

    /// Looks, plans, asks where that is needed, and does exactly what was planned.
    async fn deploy_once(
        &self,
        target: &CloudStage,
        desired: &Desired<'_>,
        plan: Option<Plan>,
        ui: &Ui,
    ) -> Result<(), Stop> {
        let (cloud, spec) = (&target.cloud, &target.stage.spec);
        let reporter = ui.reporter();
        let standing = Standing::look(cloud, &spec.app, &spec.name).await?;
        let standing = standing.settle(cloud, &*reporter).await?;
        let prepared = match plan {
            Some(plan) => Prepared::again(cloud, desired, plan, standing, &*reporter).await,
            None => Prepared::new(cloud, desired, standing, &*reporter).await,
        };
        let deployed = match prepared {
            Ok(prepared) => self.agreed(target, desired, &prepared, ui).await,
            Err(error) => Err(error.into()),
        };
        if deployed.is_err() {
            // The error is what matters; what is not thrown away goes with the next update.
            let _ = cloud.abandon().await;
        }
        deployed
    }

    async fn agreed(
        &self,
        target: &CloudStage,
        desired: &Desired<'_>,
        prepared: &Prepared,
        ui: &Ui,
    ) -> Result<(), Stop> {
        prepared.plan.guard(&self.allow_data_loss)?;
        if prepared.plan.needs_consent() && !self.yes {
            ui.note_plan(&prepared.plan);
            ui.confirm("Deploy this?").await?;
        }
        let mut endpoint = None;
        let done = |mut deployed: Deployed| {
            let outcome = match deployed.outcome {
                StackAction::Create => "created",
                StackAction::Update => "updated",
                StackAction::None => "unchanged",
            };
            let outputs = [(deployed.stack.clone(), deployed.outputs.clone())].into();
            ui.deployed(&deployed.stack, outcome, &outputs);
            endpoint = deployed.outputs.remove(ENDPOINT_URL);
        };
        deploy::apply(&target.cloud, desired, prepared, &*ui.reporter(), done).await?;
        Ok(self.verify(target, endpoint).await?)
    }

    async fn deploy_code(
        &self,
        target: &CloudStage,
        desired: &Desired<'_>,
        ui: &Ui,
    ) -> Result<(), Failure> {
        let (cloud, spec) = (&target.cloud, &target.stage.spec);
        let standing = Standing::look(cloud, &spec.app, &spec.name).await?;
        standing.refuse_unsettled()?;
        let stack = deploy::deploy_code(cloud, desired, &standing, &*ui.reporter()).await?;
        ui.deployed(&stack.name, "code", &Outputs::new());
        self.verify(target, cloud.endpoint(&stack)).await
    }

    /// Asks the new API for a user that does not exist.
    async fn verify(&self, target: &CloudStage, endpoint: Option<String>) -> Result<(), Failure> {
        let Some(endpoint) = endpoint.filter(|_| !self.no_verify) else {
            return Ok(());
        };
        let verified = target.client_at(endpoint)?.verify().await;
        let stage = &target.stage.spec.name;
        verified.map_err(|error| {
            Failure::from(error).after(
                "the stage is deployed, and its API does not answer as it should",
                format!("`umb status {stage}` asks again; --no-verify deploys without asking"),
            )
        })
    }

    async fn serve_local(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let stage = LocalStage::of(settings)?;
        let port = self.port.or(settings.local_port());
        let server = local::Ready::new(&stage.folder, port, self.auth).await?;
        ui.deployed(&stage.name, "created", &stage.outputs(&server.record));
        ui.note("serving until Ctrl-C");
        Ok(server.serve().await?)
    }

    async fn deploy_local(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let stage = LocalStage::of(settings)?;
        let wish = local::Wish {
            folder: &stage.folder,
            port: self.port.or(settings.local_port()),
            auth: self.auth,
        };
        let answers = async |server: &local::Record| answers(&stage.client(server)).await;
        let started = local::start(wish, answers).await?;
        let outcome = match &started {
            local::Started::New(_) => "created",
            local::Started::Again(_) => "restarted",
            local::Started::Found(_) => "unchanged",
        };
        ui.deployed(&stage.name, outcome, &stage.outputs(started.record()));
        Ok(())
    }
}

/// Why a deploy ended before it was done.
enum Stop {
    Engine(Error),
    Failure(Failure),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Engine(error)
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<Stop> for Failure {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Engine(error) => error.into(),
            Stop::Failure(failure) => failure,
        }
    }
}

/// Whether the API of a local server answers.
async fn answers(client: &api::Client) -> bool {
    let call = api::Call::new(Method::GET, "users?limit=1");
    client.ask(&call).await.is_ok()
}
