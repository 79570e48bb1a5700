//! The pipeline's stack as a target: plan, outputs, destroy.

use crate::aws::AwsEnv;
use crate::error::{Failure, Kind};
use crate::model::{Pipeline, StackRef};
use crate::pipeline;
use crate::settings::Settings;
use crate::stack::{Outputs, StackPlan, find_app_stack};
use crate::ui::{Message, Ui};

use super::super::connection::explain_status;
use super::runner_flag::RunnerFlag;

/// Opens the account and region of the pipeline, and completes what the pipeline should be. Nothing starts before
/// everything is known that is needed.
pub(super) async fn open(settings: &Settings, ui: &Ui) -> Result<(AwsEnv, Pipeline), Failure> {
    let wanted = settings.pipeline()?;
    let env = AwsEnv::open(&settings.pipeline.env()).await?;
    let connection = pipeline::find_connection(&env, &wanted.connection).await?;
    explain_status(ui, &env, &connection);
    let wanted = Pipeline {
        connection: connection.arn,
        ..wanted
    };
    Ok((env, wanted))
}

/// Returns what a deploy would change in the pipeline's stack.
pub(in crate::commands) async fn plan(
    settings: &Settings,
    runner: &RunnerFlag,
    ui: &Ui,
) -> Result<StackPlan, Failure> {
    let runner = runner.read()?;
    let (env, wanted) = open(settings, ui).await?;
    let planned = pipeline::plan(&env, &wanted, &runner.pin(&wanted)).await;
    // A change set that was only created to find out is deleted again.
    let discarded = env.discard_change_sets().await;
    let plan = planned?;
    discarded?;
    Ok(plan)
}

/// Returns the outputs of the pipeline's stack.
pub(in crate::commands) async fn outputs(settings: &Settings) -> Result<Outputs, Failure> {
    let env = AwsEnv::open(&settings.pipeline.env()).await?;
    let id = StackRef::pipeline(&settings.app);
    let name = id.name();
    match find_app_stack(&env, id).await? {
        Some(stack) => Ok([(name, stack.details.outputs)].into()),
        None => {
            Err(Failure::new(Kind::Failed, not_deployed(&env)).hint("run `umb deploy pipeline`"))
        }
    }
}

/// Destroys the pipeline, after asking.
pub(in crate::commands) async fn destroy(
    settings: &Settings,
    yes: bool,
    ui: &Ui,
) -> Result<(), Failure> {
    let env = AwsEnv::open(&settings.pipeline.env()).await?;
    let id = StackRef::pipeline(&settings.app);
    match find_app_stack(&env, id.clone()).await? {
        Some(stack) if stack.details.is_protected => {
            let cause = format!("somebody has protected {id} from deletion");
            return Err(Failure::new(Kind::Failed, cause).hint(
                "remove its termination protection in CloudFormation, if that is what you want",
            ));
        }
        Some(_) => {}
        None => {
            ui.say(Message::Note {
                text: not_deployed(&env),
            });
            return Ok(());
        }
    }
    if !yes {
        let (account, region) = (env.account(), env.region());
        let question = format!(
            "The stages stay. Destroy {id}, with the bucket of its artifacts (account {account}, {region})?"
        );
        ui.confirm(&question).await?;
    }
    if pipeline::destroy(&env, &settings.app, &*ui.reporter()).await? {
        ui.say(Message::Destroyed { stack: id.name() });
    }
    Ok(())
}

fn not_deployed(env: &AwsEnv) -> String {
    let (account, region) = (env.account(), env.region());
    format!("the pipeline is not deployed (account {account}, {region})")
}
