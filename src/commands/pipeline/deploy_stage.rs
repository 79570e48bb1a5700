//! `umb pipeline deploy`: what the pipeline does after Stateful.

use std::path::PathBuf;

use crate::aws::AwsEnv;
use crate::client::Patience;
use crate::error::Failure;
use crate::model::{Alarm, StageSpec, TargetEnv};
use crate::pipeline::{PipelineRuns, Proposal};
use crate::settings::Settings;
use crate::stack::REST_API_ID;
use crate::stage::{self, Agreement};
use crate::ui::Ui;

use super::super::target::CloudStage;
use super::duty::{self, Duty};
use super::smoke_test::smoke_test;

/// Deploy a stage's Stateless as it was planned, try its API as `umb pipeline smoke-test` does, then watch its alarm
#[derive(Debug, clap::Args)]
pub(super) struct DeployStageArgs {
    /// The stage
    stage: String,
    /// The execution's ID
    #[arg(long, value_name = "ID")]
    execution: String,
    /// The folder that `umb pipeline plan` has written
    #[arg(long, value_name = "DIR")]
    plan: PathBuf,
}

impl DeployStageArgs {
    pub(super) async fn run(&self, settings: &Settings, ui: &Ui) -> Result<(), Failure> {
        let spec = duty::stage_of("pipeline deploy", &self.stage, settings)?;
        let proposal = Proposal::read(&self.plan)?;
        let target = duty::open(settings, spec, Duty::Deployment).await?;
        let handed_on = duty::read_handed_on(settings, &target)?;
        let [_, stateless] = &handed_on.stacks;
        let agreement = if is_rolling_back(settings, spec).await? {
            ui.note("a rollback: what an earlier execution deployed comes back");
            Agreement::Rollback
        } else if duty::pipeline_stage(settings, spec)?.needs_approval {
            Agreement::Exactly(proposal.stateless())
        } else {
            Agreement::NotBeyond(proposal.stateless())
        };
        let reporter = ui.reporter();
        let deployed = stage::deploy_stateless(
            &target.env,
            stateless,
            agreement,
            &self.execution,
            &*reporter,
        );
        let deployed = deployed.await?;
        let api = deployed.outputs.get(REST_API_ID).cloned();
        ui.say(deployed);
        let target = duty::open(settings, spec, Duty::Check).await?;
        let mut patience = Patience::DEPLOYMENT;
        if let Some(api) = api
            && stage::check_access(&target.env, stateless, &api, &*reporter).await?
        {
            patience = Patience::SECURITY_POLICY;
        }
        smoke_test(&target, patience, ui).await?;
        watch_alarm(&target, ui).await
    }
}

/// Whether CodePipeline rolls the stage back: then it hands on what an earlier execution has made. Asked as whoever runs
/// the build, in the pipeline's own account.
async fn is_rolling_back(settings: &Settings, spec: &StageSpec) -> Result<bool, Failure> {
    let pipeline = settings.pipeline()?;
    let target = TargetEnv {
        account: Some(pipeline.account),
        region: Some(pipeline.region),
        ..TargetEnv::default()
    };
    let env = AwsEnv::open(&target).await?;
    let runs = PipelineRuns::new(&env, &settings.app);
    Ok(runs.is_rolling_back(&spec.name).await?)
}

/// Watches the alarm of a stage that was just deployed.
async fn watch_alarm(target: &CloudStage, ui: &Ui) -> Result<(), Failure> {
    let Alarm::On(threshold) = target.spec.alarm else {
        ui.note("umb.toml has switched the alarm off: nothing is watched");
        return Ok(());
    };
    let minutes = threshold.minutes.get();
    ui.note(&format!("watching the alarm for {minutes} minutes"));
    if stage::watch_alarm(&target.env, &target.spec, minutes).await? {
        ui.note("it did not go off");
    } else {
        ui.warning(format!("the stage {} has no alarm", target.name()));
    }
    Ok(())
}
