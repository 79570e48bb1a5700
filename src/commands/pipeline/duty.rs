//! How the pipeline's builds reach a stage: with a role of the stage's account, one for each duty.

use std::path::Path;

use crate::aws::AwsEnv;
use crate::error::Failure;
use crate::model::{PipelineStage, StageSpec, TargetEnv, names};
use crate::pipeline::handed_on;
use crate::settings::Settings;
use crate::stage::HandedOn;

use super::super::target::{CloudStage, cloud_stage};

/// What a build does in the account of a stage.
#[derive(Debug, Clone, Copy)]
pub(super) enum Duty {
    /// It looks, and proposes.
    Check,
    /// It deploys.
    Deployment,
}

/// Reads the name of a stage for a verb of the pipeline's builds.
pub(super) fn stage_of<'a>(
    verb: &str,
    name: &str,
    settings: &'a Settings,
) -> Result<&'a StageSpec, Failure> {
    let hints = ["name a stage on AWS", "name a stage that it deploys"];
    cloud_stage(verb, name, settings, hints)
}

/// Returns how the pipeline is to deploy a stage.
pub(super) fn pipeline_stage(
    settings: &Settings,
    spec: &StageSpec,
) -> Result<PipelineStage, Failure> {
    let pipeline = settings.pipeline()?;
    let mut stages = pipeline.stages.into_iter();
    stages.find(|stage| stage.name == spec.name).ok_or_else(|| {
        Failure::usage(format!(
            "the pipeline does not deploy the stage {}",
            spec.name
        ))
        .hint("add it to `stages` of [pipeline] in umb.toml")
    })
}

/// Opens a stage with the role that its account has for this duty.
pub(super) async fn open(
    settings: &Settings,
    spec: &StageSpec,
    duty: Duty,
) -> Result<CloudStage, Failure> {
    let stage = pipeline_stage(settings, spec)?;
    let region = settings.pipeline()?.region;
    let role = match duty {
        Duty::Check => names::check_role(&settings.app, &region),
        Duty::Deployment => names::deployment_role(&settings.app, &region),
    };
    let target = TargetEnv {
        account: Some(stage.account),
        region: Some(region),
        role: Some(role),
        ..TargetEnv::default()
    };
    Ok(CloudStage::new(AwsEnv::open(&target).await?, spec))
}

/// Reads what Synth handed on of a stage, beside umb.toml.
pub(super) fn read_handed_on(
    settings: &Settings,
    target: &CloudStage,
) -> Result<HandedOn, Failure> {
    let folder = settings.path().and_then(Path::parent);
    let role = names::execution_role(target.app(), target.env.region());
    let role = target.env.role_arn(&role);
    let folder = folder.unwrap_or(Path::new("."));
    Ok(handed_on(folder, target.app(), target.name(), &role)?)
}
