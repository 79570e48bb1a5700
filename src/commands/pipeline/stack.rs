//! The pipeline as a target: `umb deploy pipeline`, `umb outputs pipeline`, `umb destroy pipeline`.

use crate::commands::{bootstrap, connection, lone};
use crate::deploy::{self, Cloud, Outputs, StackAction, StackPlan};
use crate::error::{Failure, Kind};
use crate::pipeline::{self, Pipeline};
use crate::settings::Settings;
use crate::template;
use crate::ui::Ui;

use super::watch;

/// How the pipeline is deployed.
#[derive(Debug, Clone, Copy)]
pub(in crate::commands) struct Way {
    pub(in crate::commands) yes: bool,
    /// Whether the pipeline deploys itself: its roles are left alone.
    pub(in crate::commands) is_self_update: bool,
    /// Whether the execution that begins is followed.
    pub(in crate::commands) follows: bool,
}

/// Brings the pipeline to what the settings say; first, unless it does so itself, the roles that it works in.
pub(in crate::commands) async fn deploy(
    settings: &Settings,
    way: Way,
    ui: &Ui,
) -> Result<(), Failure> {
    let (cloud, wanted) = open(settings, ui).await?;
    if !way.is_self_update {
        bootstrap::bring_about(&cloud, settings, cloud.account(), way.yes, ui).await?;
        for stage in &wanted.stages {
            if stage.account != wanted.account {
                look_for_roles(settings, &stage.name, &wanted.account, ui).await?;
            }
        }
    }
    let pipeline = Pipeline::of(&cloud, &settings.app);
    // A pipeline that deploys itself may not ask, and follows nothing.
    let before = if way.follows {
        pipeline.latest().await?
    } else {
        None
    };
    let prepared = pipeline::prepare(&cloud, &wanted, &*ui.reporter()).await;
    if let (true, Ok(prepared)) = (way.is_self_update, &prepared)
        && let Err(refusal) = refuse_broader(&prepared.plan)
    {
        // The refusal is what matters; what is not thrown away goes with the next update.
        let _ = cloud.abandon().await;
        return Err(refusal);
    }
    let deployed = lone::apply(&cloud, prepared, way.yes, ui).await?;
    let is_changed = deployed.outcome != StackAction::None;
    lone::show(ui, deployed);
    if !way.is_self_update && pipeline.resume().await? {
        ui.note("a destroy had stopped the pipeline: it takes commits again");
    }
    match before {
        _ if !way.follows => Ok(()),
        Some(before) if before.status.is_moving() && !is_changed => {
            watch::follow(settings, &cloud, &before.id, ui).await
        }
        _ if !is_changed => {
            watch::say_nothing_begins(ui);
            Ok(())
        }
        before => {
            let before = before.map(|before| before.id);
            watch::follow_next(settings, &cloud, before.as_deref(), ui).await
        }
    }
}

/// Stops a pipeline that would give itself more permissions by a commit alone: nobody has looked at them.
fn refuse_broader(plan: &StackPlan) -> Result<(), Failure> {
    let Some(broader) = plan.broader.first() else {
        return Ok(());
    };
    let cause = format!(
        "this commit gives the pipeline more permissions: {}: {}",
        broader.logical_id, broader.grants
    );
    Err(Failure::new(Kind::Failed, cause)
        .hint("`umb deploy pipeline`, run by a person, shows them all, and asks"))
}

/// What a deploy would change of the pipeline's stack.
pub(in crate::commands) async fn plan(settings: &Settings, ui: &Ui) -> Result<StackPlan, Failure> {
    let (cloud, wanted) = open(settings, ui).await?;
    let planned = pipeline::plan(&cloud, &wanted).await;
    // What was made to find out goes again.
    let tidied = cloud.abandon().await;
    let plan = planned?;
    tidied?;
    Ok(plan)
}

/// Goes to where the pipeline is to be, with what it is to be. Nothing is begun before all is known that is needed.
async fn open(settings: &Settings, ui: &Ui) -> Result<(Cloud, template::Pipeline), Failure> {
    let wanted = settings.pipeline_template()?;
    let cloud = Cloud::open(&settings.pipeline.place).await?;
    let connection = pipeline::find_connection(&cloud, &wanted.connection).await?;
    connection::explain(ui, &cloud, &connection);
    let wanted = template::Pipeline {
        connection: connection.arn,
        ..wanted
    };
    Ok((cloud, wanted))
}

/// Looks whether a stage in another account has the roles that the pipeline needs there, as far as that can be
/// told from here.
async fn look_for_roles(
    settings: &Settings,
    stage: &str,
    pipeline_account: &str,
    ui: &Ui,
) -> Result<(), Failure> {
    let way_out =
        format!("`umb bootstrap {stage} --trust {pipeline_account}` makes the roles there");
    let place = settings.cloud_stage(stage)?.place;
    let there = match Cloud::open(&place).await {
        Ok(cloud) => deploy::trusted_account(&cloud, &settings.app).await,
        Err(error) => Err(error),
    };
    match there {
        Ok(Some(trusted)) if trusted == pipeline_account => Ok(()),
        Ok(trusted) => {
            let trusts = trusted.map_or_else(
                || "has no roles for the pipeline yet".to_owned(),
                |other| format!("has roles that trust account {other}, not {pipeline_account}"),
            );
            Err(Failure::new(
                Kind::Failed,
                format!("the account of the stage {stage} {trusts}"),
            )
            .hint(way_out))
        }
        Err(error) => {
            ui.warning(&format!(
                "whether the stage {stage} has roles for the pipeline is not known: {error}; {way_out}"
            ));
            Ok(())
        }
    }
}

/// What the pipeline is reached by.
pub(in crate::commands) async fn outputs(settings: &Settings) -> Result<Outputs, Failure> {
    let cloud = Cloud::open(&settings.pipeline.place).await?;
    let name = template::pipeline_name(&settings.app);
    match deploy::find(&cloud, &name, &settings.app).await? {
        Some(stack) => Ok([(name, stack.outputs)].into()),
        None => {
            Err(Failure::new(Kind::Failed, not_deployed(&cloud)).hint("run `umb deploy pipeline`"))
        }
    }
}

/// Destroys the pipeline, after asking.
pub(in crate::commands) async fn destroy(
    settings: &Settings,
    yes: bool,
    ui: &Ui,
) -> Result<(), Failure> {
    let cloud = Cloud::open(&settings.pipeline.place).await?;
    let name = template::pipeline_name(&settings.app);
    let found = deploy::find(&cloud, &name, &settings.app).await?;
    if found.as_ref().is_some_and(|stack| stack.is_protected) {
        return Err(Failure::new(
            Kind::Failed,
            format!("somebody has protected {name} from deletion"),
        )
        .hint("take its termination protection off in CloudFormation, if that is what you want"));
    }
    if found.is_none() {
        if yes {
            ui.say(&not_deployed(&cloud));
            return Ok(());
        }
        return Err(Failure::new(Kind::Failed, not_deployed(&cloud)));
    }
    if !yes {
        let (account, region) = (cloud.account(), cloud.region());
        let question = format!(
            "The stages stay. Destroy {name}, with the bucket of its artifacts (account {account}, {region})?"
        );
        ui.confirm(&question).await?;
    }
    if pipeline::destroy(&cloud, &settings.app, &*ui.reporter()).await? {
        ui.destroyed(&name);
    }
    Ok(())
}

fn not_deployed(cloud: &Cloud) -> String {
    let (account, region) = (cloud.account(), cloud.region());
    format!("the pipeline is not deployed (account {account}, {region})")
}
