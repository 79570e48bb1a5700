//! `umb status`

use crate::aws::AwsEnv;
use crate::error::Failure;
use crate::local;
use crate::model::{StackRef, StageSpec};
use crate::settings::Settings;
use crate::stack::find_app_stack;
use crate::stage::{StageState, StageStatus};
use crate::ui::Ui;

use super::super::interrupt::stoppable;
use super::super::target::{CloudStage, LocalStage, Target};
use super::report::{LocalStatus, PipelineReport, StatusReport};

/// Show the state of stages, whether their APIs work, and which umb the pipeline runs
///
/// Of each stack: status, age, the umb that deployed it, drift, protection.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  umb status           Show all stages
  umb status dev       Show the stage dev
  umb status --json    Show all stages as JSON")]
pub(crate) struct StatusArgs {
    /// The stage [default: local, and all of umb.toml]
    stage: Option<String>,
    /// Show a JSON array, an object for each stage
    #[arg(long)]
    pub(in crate::commands) json: bool,
}

impl StatusArgs {
    pub(in crate::commands) async fn run(
        &self,
        settings: &Settings,
        ui: &Ui,
    ) -> Result<(), Failure> {
        stoppable("status", self.look(settings, ui)).await
    }

    async fn look(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        if let Some(name) = &self.stage {
            ui.show(&vec![one(name, settings).await?]);
            return Ok(());
        }
        let (reports, failure) = all(settings, ui).await?;
        ui.show(&reports);
        failure.map_or(Ok(()), Err)
    }
}

/// The status of the stage on this machine, and of all stages on AWS that can be seen; and the first reason why one cannot.
async fn all(
    settings: &Settings,
    ui: &Ui,
) -> Result<(Vec<StatusReport>, Option<Failure>), Failure> {
    let mut reports = vec![local(settings).await?];
    let mut failure = None;
    let mut is_configured = true;
    for stage in settings.stages() {
        match cloud_if_configured(stage).await {
            Ok(Some(report)) => reports.push(report),
            Ok(None) => is_configured = false,
            Err(error) => {
                failure
                    .get_or_insert(error.context(format!("cannot see the stage {}", stage.name)));
            }
        }
    }
    if settings.pipeline.is_wanted() {
        match pipeline(settings).await {
            Ok(report) => reports.extend(report),
            Err(error) => {
                failure.get_or_insert(error.context("cannot see the pipeline"));
            }
        }
    }
    if !is_configured {
        ui.note("AWS is not configured for every stage: `umb doctor` says what is missing");
    }
    Ok((reports, failure))
}

async fn cloud_if_configured(stage: &StageSpec) -> Result<Option<StatusReport>, Failure> {
    match AwsEnv::open_if_configured(&stage.env()).await? {
        Some(env) => Ok(Some(cloud(&CloudStage::new(env, stage)).await?)),
        None => Ok(None),
    }
}

/// The state of the pipeline's stack; `None` where AWS is not configured.
async fn pipeline(settings: &Settings) -> Result<Option<StatusReport>, Failure> {
    let Some(env) = AwsEnv::open_if_configured(&settings.pipeline.env()).await? else {
        return Ok(None);
    };
    let id = StackRef::pipeline(&settings.app);
    let name = id.name();
    let stack = find_app_stack(&env, id).await?;
    let parameters = stack.as_ref().map(|stack| &stack.parameters);
    let provenance = parameters.and_then(|parameters| parameters.provenance.as_ref());
    let runner = parameters.and_then(|parameters| parameters.runner.as_ref());
    Ok(Some(StatusReport::Pipeline(PipelineReport {
        pipeline: name,
        account: env.account().clone(),
        region: env.region().clone(),
        status: stack.as_ref().map(|stack| stack.status().to_string()),
        umb: provenance.map(|provenance| provenance.version.to_string()),
        runner: runner.map(|runner| runner.sha256.clone()),
    })))
}

async fn one(name: &str, settings: &Settings) -> Result<StatusReport, Failure> {
    let target = Target::parse(name, settings)?;
    match target {
        Target::Local => local(settings).await,
        Target::Cloud(stage) => cloud(&CloudStage::open(stage).await?).await,
        Target::Pipeline => {
            Err(target.unsupported("status", "`umb pipeline status` shows its state"))
        }
        Target::All => Err(target.unsupported("status", "`umb status` alone shows all stages")),
    }
}

async fn local(settings: &Settings) -> Result<StatusReport, Failure> {
    let stage = LocalStage::new(settings)?;
    let mut status = LocalStatus::new(stage.folder.clone(), stage.is_deployed());
    if let Some(server) = local::running(&stage.folder)? {
        let client = stage.client(&server);
        status.endpoint = Some(client.base().to_owned());
        let checked = client.check().await;
        status.healthy = Some(checked.is_ok());
        status.problem = checked.err().map(|error| error.to_string());
    }
    Ok(StatusReport::Local(status))
}

async fn cloud(target: &CloudStage) -> Result<StatusReport, Failure> {
    let state = StageState::look(&target.env, target.app(), target.name()).await?;
    let mut status = StageStatus::new(&target.env, target.name(), &state);
    if let Some(url) = &status.endpoint {
        let checked = target.client_at(url.clone())?.check().await;
        status.healthy = Some(checked.is_ok());
        status.problem = checked.err().map(|error| error.to_string());
    }
    Ok(StatusReport::Cloud(status.into()))
}
